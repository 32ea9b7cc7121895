import { join } from "node:path";
import { createClient, type Client } from "#api/client.ts";
import { requestClone } from "#api/push.ts";
import { ended, start } from "#lib/exec.ts";
import { gitArgv, gitEnv } from "#lib/git.ts";
import { createTransport } from "#lib/http.ts";
import { openForPush } from "./open-for-push.ts";
import { askPatiently } from "./patience.ts";
import { hookWires, serveHook } from "./serve-hook.ts";
import { refuseFullDisk } from "./space.ts";

export type GitSession = {
  readonly home: string;
  /** Headers that say who it is. */
  readonly introduction: Readonly<Record<string, string>>;
  readonly kind: "receive" | "upload";
  readonly app: string;
  /** What the client wants git to speak. @see git(1), GIT_PROTOCOL */
  readonly protocol: string;
};

/** Runs git's own server side, under settings and limits of ours; gives the code that it ends with. */
export async function serveGit(session: GitSession): Promise<number> {
  const { home, introduction, kind, protocol } = session;
  const headers = { ...introduction, "x-berth-door": "git" };
  const transport = createTransport({ socketPath: join(home, "run/berthd.sock"), headers });
  const client = createClient(transport, home);
  const { app, directory, settings } = await openRepository(client, session);
  const argv = gitArgv([`${kind}-pack`, directory], {
    "core.hooksPath": join(home, "run/hooks"),
    "transfer.hideRefs": "refs/berth",
    ...settings,
  });
  const child = start(argv, {
    stdio: ["inherit", "inherit", "inherit", ...(kind === "receive" ? hookWires : [])],
    env: { ...gitEnv, GIT_PROTOCOL: /^version=\d$/.exec(protocol)?.[0] },
  });
  const serving = kind === "receive" ? serveHook(child, { client, app, directory }) : null;
  const [{ code }] = await Promise.all([ended(child), serving]);
  return code ?? 1;
}

/** The repository, once berthd has said that this key may push to it, or clone it. */
async function openRepository(client: Client, { home, kind, app }: GitSession) {
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
