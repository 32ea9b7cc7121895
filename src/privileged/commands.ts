import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { VerbArguments } from "#domain/privileges.ts";
import { userOf } from "#domain/realm.ts";
import { sessionFrames, type Outcome } from "#domain/runner.ts";
import { ended, start } from "#lib/exec.ts";
import { exitOf } from "#lib/exits.ts";
import { nullIf } from "#lib/files.ts";
import { encodeFrame } from "#lib/frames.ts";
import type { Caller } from "./caller.ts";
import { become, enter, type Own } from "./realm.ts";
import { makeFolder, removeAll } from "./trees.ts";

type Command = VerbArguments<"runCommand">;

const askEveryMs = 1000;

/**
 * Runs one program to its end, in a folder that only its user may pass through. When its caller goes
 * away, or this process dies, so does everything that the program started.
 */
export async function runCommand(realm: Own, command: Command, caller: Caller): Promise<Outcome> {
  const { name, isConfined, isRelay, program } = command;
  const user = userOf(realm, command.user);
  const folder = join(realm.layout.scratch, name);
  await mkdir(folder, { mode: 0o710 });
  try {
    // By its group it is known as one of theirs.
    await chown(folder, -1, user.gid);
    for (const own of ["tmp", "home"]) await makeFolder(join(folder, own), user);
    const files = program.files.map((_, index) => join(folder, `sandbox.${3 + index}`));
    for (const [index, path] of files.entries()) {
      const content = Buffer.from(program.files[index] ?? "", "base64");
      await writeFile(path, content, { mode: 0o600, flag: "wx" });
      await chown(path, user.uid, user.gid);
    }
    const stand = { cgroup: { uid: user.uid, name }, port: null, opened: isRelay ? [] : files };
    const words = isConfined ? enter(realm, user, stand) : become(realm, user);
    return await runIn(folder, [...words, ...program.argv], { command, caller });
  } finally {
    await removeAll(realm, folder);
  }
}

async function runIn(
  folder: string,
  [program = "", ...args]: readonly string[],
  { command, caller }: { readonly command: Command; readonly caller: Caller },
): Promise<Outcome> {
  const timeout = AbortSignal.timeout(command.timeoutMs);
  const over = AbortSignal.any([caller.gone, timeout]);
  const child = start([program, ...args], {
    cwd: folder,
    stdio: [command.takesInput ? "pipe" : "ignore", "pipe", "pipe"],
    signal: over,
    detached: true,
  });
  // What it started itself may not know yet that it is to end with its parent, and would hold us up.
  over.addEventListener("abort", () => endGroup(child.pid));
  takeInput(child.stdin, command, caller);
  const [end] = await Promise.all([
    ended(child),
    passOn(child.stdout, sessionFrames.output, caller),
    passOn(child.stderr, sessionFrames.errorOutput, caller),
  ]);
  return { ...exitOf(end.code, end.signal), timedOut: timeout.aborted };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    nullIf(["ESRCH"])(error as NodeJS.ErrnoException);
  }
}

/** Output waits for a caller who reads slowly, and the command with it. */
async function passOn(stream: Readable | null, type: number, caller: Caller): Promise<void> {
  try {
    for await (const chunk of stream ?? []) await caller.send(type, chunk as Buffer);
  } catch {
    // It was killed in the middle of a word: how it ended says so.
  }
}

/**
 * A terminal's relay takes frames as they are; any other program takes what is in those of input.
 * Who sends more than it reads waits for it.
 */
function takeInput(input: Writable | null, { isRelay }: Command, caller: Caller): void {
  input?.on("error", () => {});
  caller.listen(async ({ type, payload }) => {
    if (!input || input.writableEnded) return;
    if (isRelay) input.write(encodeFrame(type, payload));
    else if (type === sessionFrames.endOfInput) input.end();
    else if (type === sessionFrames.input) input.write(payload);
    if (input.writableNeedDrain) await roomIn(input, caller);
  });
}

async function roomIn(input: Writable, caller: Caller): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  input.once("drain", resolve).once("close", resolve);
  // Who is not listened to is noticed to be gone only when spoken to.
  const asking = setInterval(() => void caller.send(sessionFrames.output, ""), askEveryMs);
  await promise.finally(() => clearInterval(asking));
}
