import { join } from "node:path";
import { createClient, RemoteError } from "#api/client.ts";
import { requestClone, requestRepository } from "#api/push.ts";
import { reportOf } from "#domain/errors.ts";
import { ended, start } from "#lib/exec.ts";
import { createTransport } from "#lib/http.ts";
import { parseSshCommand } from "#server/ssh/command.ts";
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

/** git's own server side, which reads no configuration but the repository's. */
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
  if (kind === "receive") await refuseFullDisk(home);
  const ask = kind === "receive" ? requestRepository : requestClone;
  const repository = await askPatiently(() => ask(client, { params: { app } }));
  const hooks = `core.hooksPath=${join(home, "run/hooks")}`;
  const child = start(["git", "-c", hooks, `${kind}-pack`, repository.directory], {
    stdio: "inherit",
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
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
