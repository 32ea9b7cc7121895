import { join } from "node:path";
import { createClient, RemoteError, type Client } from "#api/client.ts";
import { requestClone } from "#api/push.ts";
import { reportOf } from "#domain/errors.ts";
import { ended, start } from "#lib/exec.ts";
import { gitArgv, gitEnv } from "#lib/git.ts";
import { createTransport } from "#lib/http.ts";
import { parseSshCommand } from "#server/ssh/command.ts";
import { openForPush } from "#server/ssh/open-for-push.ts";
import { askPatiently } from "#server/ssh/patience.ts";
import { refuseFullDisk } from "#server/ssh/space.ts";

/** The forced command of every key: receives a push, sends a clone, or runs a command of the CLI. */
const [home = "", actor = "", key = ""] = process.argv.slice(2);
const { env } = process;
const [address = ""] = (env["SSH_CONNECTION"] ?? "").split(" ", 1);
const introduction = { "x-berth-actor": actor, "x-berth-key": key, "x-berth-address": address };
const command = parseSshCommand(env["SSH_ORIGINAL_COMMAND"] ?? "");

if (command.kind === "cli") {
  const { runOverSsh } = await import("./ssh-cli.ts");
  process.exitCode = await runOverSsh({
    home,
    actor,
    introduction,
    argv: command.argv,
    terminal: env["TERM"] ?? "dumb",
  });
} else {
  process.exitCode = await serveGit(command).catch((error: unknown) => {
    const { message, hint } = error instanceof RemoteError ? error : reportOf(error);
    process.stderr.write(`berth: ${message}\n  → ${hint}\n`);
    return 1;
  });
}

/** git's own server side, under settings and limits of ours. */
async function serveGit({
  kind,
  app,
}: {
  kind: "receive" | "upload";
  app: string;
}): Promise<number> {
  const socketPath = join(home, "run/berthd.sock");
  const client = createClient(
    createTransport({ socketPath, headers: { ...introduction, "x-berth-door": "git" } }),
    home,
  );
  const repository = await openRepository(client, kind, app);
  const argv = gitArgv([`${kind}-pack`, repository.directory], {
    "core.hooksPath": join(home, "run/hooks"),
    "transfer.hideRefs": "refs/berth",
    ...repository.settings,
  });
  const child = start(argv, {
    stdio: "inherit",
    env: {
      ...gitEnv,
      GIT_PROTOCOL: /^version=\d$/.exec(env["GIT_PROTOCOL"] ?? "")?.[0],
      BERTH_APP: repository.app,
      BERTH_ACTOR: actor,
      BERTH_KEY: key,
      BERTH_ADDRESS: address,
    },
  });
  const { code } = await ended(child);
  return code ?? 1;
}

/** The repository, once berthd has said that this key may push to it, or clone it. */
async function openRepository(client: Client, kind: "receive" | "upload", app: string) {
  const input = { params: { app } };
  if (kind === "upload") {
    return { ...(await askPatiently(() => requestClone(client, input))), settings: {} };
  }
  await refuseFullDisk(home);
  const { pushBytesMax, ...repository } = await askPatiently(() =>
    openForPush(client, input.params),
  );
  const size = { "receive.maxInputSize": String(pushBytesMax) };
  return { ...repository, settings: { ...size, "receive.procReceiveRefs": "refs" } };
}
