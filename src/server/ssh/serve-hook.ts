import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { Client } from "#api/client.ts";
import { followJob } from "#api/follow.ts";
import { requestDeploy } from "#api/push.ts";
import { exec, type ChildProcess } from "#lib/exec.ts";
import { gitArgv, gitEnv } from "#lib/git.ts";
import { askPatiently } from "./patience.ts";
import { createPlainText } from "./plain-text.ts";
import { decidePush } from "./push.ts";
import { serveProcReceive } from "./receive.ts";

/** What git has open besides, for its hook (`renderHook`): a conversation, and what people read. */
export const hookWires = ["pipe", "pipe"] as const;

type Repository = { readonly client: Client; readonly app: string; readonly directory: string };

/**
 * Answers git's proc-receive hook, which only passes on what git says: each pushed branch becomes a
 * deploy, and is accepted when that is live. Ends with git, which starts none when nothing is pushed.
 */
export async function serveHook(git: ChildProcess, repository: Repository): Promise<void> {
  // What is a pipe from 3 on is a socket of ours.
  const [, , , talk, say] = git.stdio as unknown as Duplex[];
  if (!talk || !say) throw new Error("git was started without wires");
  const gone = new AbortController();
  // Whatever it left running may have them open for long.
  const cut = () => {
    gone.abort();
    for (const wire of [talk, say]) wire.destroy();
  };
  git.once("exit", cut);
  for (const wire of [talk, say]) wire.on("error", cut);
  await once(talk, "readable", { signal: gone.signal }).catch(() => {});
  if (gone.signal.aborted || talk.readableLength === 0) return;
  const plain = createPlainText();
  const write = (text: string) => void say.write(plain(text));
  const decide = doorOf(repository, { say: write, signal: gone.signal });
  try {
    await serveProcReceive(talk, talk, decide);
  } catch (error) {
    // git has said what it has to say of its end.
    if (!gone.signal.aborted) throw error;
  } finally {
    for (const wire of [talk, say]) wire.end();
  }
}

function doorOf(
  { client, app, directory }: Repository,
  { say, signal }: { say: (text: string) => void; signal: AbortSignal },
) {
  const env = { ...gitEnv, GIT_DIR: directory };
  return (change: Parameters<typeof decidePush>[0]) =>
    decidePush(change, {
      say,
      deploy: (branch, from, commit) =>
        askPatiently(() =>
          requestDeploy(client, { params: { app }, body: { branch, from, commit } }),
        ),
      typeOf: async (object) => (await exec(gitArgv(["cat-file", "-t", object]), { env })).trim(),
      follow: (job) => followJob(client, job, { onText: say, signal }),
    });
}
