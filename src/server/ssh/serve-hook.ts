import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { Client } from "#api/client.ts";
import { followJob } from "#api/follow.ts";
import { requestDeploy } from "#api/push.ts";
import { start, type ChildProcess } from "#lib/exec.ts";
import { gitArgv, gitEnv } from "#lib/git.ts";
import { askPatiently } from "./patience.ts";
import { createPlainText } from "./plain-text.ts";
import { decidePush, type PushDoor } from "./push.ts";
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
  const types = createTypes(repository.directory);
  try {
    await once(talk, "readable", { signal: gone.signal }).catch(() => {});
    if (gone.signal.aborted || talk.readableLength === 0) return;
    const plain = createPlainText();
    const write = (text: string) => void say.write(plain(text));
    const door = doorOf(repository, { say: write, signal: gone.signal });
    await serveProcReceive(talk, talk, (it) => decidePush(it, { ...door, typeOf: types.of }));
  } catch (error) {
    // git has said what it has to say of its end.
    if (!gone.signal.aborted) throw error;
  } finally {
    types.end();
    for (const wire of [talk, say]) wire.end();
  }
}

/** Tells of what type objects are: a git that begins while another one still receives them. */
function createTypes(directory: string): { of: PushDoor["typeOf"]; end: () => void } {
  const { stdin, stdout } = start(gitArgv(["cat-file", "--batch-check=%(objecttype)"]), {
    env: { ...gitEnv, GIT_DIR: directory },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const answers: AsyncIterator<Buffer> | undefined = stdout?.[Symbol.asyncIterator]();
  stdin?.on("error", () => {});
  return {
    of: async (object) => {
      stdin?.write(`${object}\n`);
      // One line at a time is asked for, and comes in one piece.
      const answer = await answers?.next();
      if (!answer || answer.done) throw new Error("git ended before it told a type");
      return answer.value.toString("latin1").trim();
    },
    end: () => stdin?.end(),
  };
}

function doorOf(
  { client, app }: Repository,
  { say, signal }: { say: (text: string) => void; signal: AbortSignal },
): Omit<PushDoor, "typeOf"> {
  return {
    say,
    deploy: (branch, from, commit) =>
      askPatiently(() =>
        requestDeploy(client, { params: { app }, body: { branch, from, commit } }),
      ),
    follow: (job) => followJob(client, job, { onText: say, signal }),
  };
}
