import { randomUUID } from "node:crypto";
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { VerbArguments } from "#domain/privileges.ts";
import { sessionFrames, type Outcome } from "#domain/runner.ts";
import { ended, start } from "#lib/exec.ts";
import { exitOf } from "#lib/exits.ts";
import { namesIn } from "#lib/files.ts";
import { encodeFrame } from "#lib/frames.ts";
import type { Caller } from "./caller.ts";
import { outgrows } from "./disk-watch.ts";
import { writeProgram } from "./program.ts";
import type { Realm } from "./realm.ts";
import type { Sandbox } from "./sandbox.ts";
import { ensureCache, makeFolder, removeAll, requireArtifact, requireGrowing } from "./trees.ts";
import { putUp, takeDown, type Confined } from "./walls.ts";

type Command = VerbArguments<"runCommand">;

const askEveryMs = 1000;

/**
 * Runs one command line in the sandbox to its end. When its caller goes away, or this process dies,
 * so does everything that the command started.
 */
export async function runCommand(realm: Realm, command: Command, caller: Caller): Promise<Outcome> {
  const { limits, network } = command;
  const user = realm.userOf(command.user);
  const confined: Confined = {
    uid: user.uid,
    name: `c${randomUUID()}`,
    limits,
    network,
    port: null,
  };
  const folder = join(realm.layout.scratch, confined.name);
  await mkdir(folder, { mode: 0o711 });
  try {
    // By its group it is known as one of theirs.
    await chown(folder, -1, user.gid);
    await putUp(realm.walls, confined);
    const sandbox = await sandboxOf(realm, command, folder);
    const program = { command: command.command, sandbox, confined, joinsErrors: false };
    const words = writeProgram(realm, folder, program);
    return await runIn(realm, { command, confined, folder, words }, caller);
  } finally {
    await takeDown(realm.walls, confined);
    await removeAll(realm, folder);
  }
}

/** Scratch folders of commands that died with the last process that ran them. */
export async function removeOldScratch(realm: Realm): Promise<void> {
  for (const name of await namesIn(realm.layout.scratch)) {
    await removeAll(realm, join(realm.layout.scratch, name));
  }
}

async function sandboxOf(realm: Realm, command: Command, folder: string): Promise<Sandbox> {
  const { appId, artifactId, building, env, limits, terminal } = command;
  const user = realm.userOf(command.user);
  const rest = { user, scratchBytes: limits.diskBytes, env, terminal };
  if (!building)
    return { ...rest, dir: await requireArtifact(realm, artifactId, user), building: null };
  const dir = await requireGrowing(realm, artifactId, user);
  for (const name of ["tmp", "home"]) await makeFolder(join(folder, name), user);
  return {
    ...rest,
    dir,
    building: { cache: await ensureCache(realm, appId, user), scratch: folder },
  };
}

async function runIn(
  realm: Realm,
  asked: { command: Command; confined: Confined; folder: string; words: readonly string[] },
  caller: Caller,
): Promise<Outcome> {
  const { command, confined, folder, words } = asked;
  const timeout = AbortSignal.timeout(command.timeoutMs);
  const full = new AbortController();
  const done = new AbortController();
  const [program = "", ...args] = words;
  const over = AbortSignal.any([caller.gone, timeout, full.signal]);
  // What has just begun may not know yet that it is to end with its parent, and would hold us up.
  over.addEventListener("abort", () => void takeDown(realm.walls, confined).catch(() => {}));
  const child = start([program, ...args], {
    cwd: folder,
    stdio: [command.takesInput ? "pipe" : "ignore", "pipe", "pipe"],
    signal: over,
  });
  takeInput(child.stdin, command, caller);
  const watching = watchDisk(realm, command, done.signal).then((isFull) => isFull && full.abort());
  const [end] = await Promise.all([
    ended(child).finally(() => done.abort()),
    passOn(child.stdout, sessionFrames.output, caller),
    passOn(child.stderr, sessionFrames.errorOutput, caller),
    watching,
  ]);
  const isOutOfMemory = end.code !== 0 && ((await realm.walls.cgroups?.kills(confined)) ?? 0) > 0;
  return {
    ...exitOf(end.code, end.signal),
    timedOut: timeout.aborted,
    ...(isOutOfMemory ? { outOfMemory: true } : {}),
    ...(full.signal.aborted ? { outOfDisk: true } : {}),
  };
}

/** Resolves with true when a build has outgrown its disk; its cache is then given up, too. */
async function watchDisk(realm: Realm, command: Command, signal: AbortSignal): Promise<boolean> {
  if (!command.building) return false;
  const { layout } = realm;
  const cache = layout.cache(command.appId);
  const folders = [layout.growing(command.artifactId), cache];
  const isFull = await outgrows(folders, command.limits.diskBytes, signal);
  if (isFull) await removeAll(realm, cache);
  return isFull;
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
 * A terminal's relay takes frames as they are; a command takes what is in those of input. Who sends
 * more than it reads waits for it.
 */
function takeInput(input: Writable | null, { terminal }: Command, caller: Caller): void {
  input?.on("error", () => {});
  caller.listen(async ({ type, payload }) => {
    if (!input || input.writableEnded) return;
    if (terminal) input.write(encodeFrame(type, payload));
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
