import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { VerbArguments } from "#domain/privileges.ts";
import { sessionFrames, type Outcome, type TerminalSize } from "#domain/runner.ts";
import { ended, start, type ChildProcess } from "#lib/exec.ts";
import { execlineb, execlineTool, renderExecline } from "#lib/execline.ts";
import { namesIn } from "#lib/files.ts";
import { encodeFrame } from "#lib/frames.ts";
import type { Caller } from "./caller.ts";
import { outgrows } from "./disk-watch.ts";
import { exitOf } from "./exits.ts";
import type { Ids, Realm } from "./realm.ts";
import { renderSandbox, sandboxArgv, type SandboxInput } from "./sandbox.ts";
import { ensureCache, makeFolder, removeAll, requireArtifact, requireGrowing } from "./trees.ts";
import { goBehind, limitInside, putUp, takeDown, type Confined } from "./walls.ts";

type Command = VerbArguments<"runCommand">;

/**
 * Gives a shell a process group that it can name, as that of what starts its sandbox is out of its
 * sight. Keys such as Ctrl-C then reach what runs in it, and not the sandbox. @see tcsetpgrp(3)
 */
const inForeground = [
  "/usr/bin/perl",
  "-MPOSIX",
  "-e",
  'setpgid(0, 0); { local $SIG{TTOU} = "IGNORE"; tcsetpgrp(0, $$) } exec { $ARGV[0] } @ARGV;',
  "--",
];

/**
 * Runs one command line in the sandbox to its end. When its caller goes away, or this process dies,
 * so does everything that the command started.
 */
export async function runCommand(realm: Realm, command: Command, caller: Caller): Promise<Outcome> {
  const user = realm.userOf(command.user);
  const id = randomUUID();
  const { building, terminal, limits, network } = command;
  const confined: Confined = { uid: user.uid, name: `c${id}`, limits, network, port: null };
  const scratch = building || terminal ? await makeScratch(realm, user, id) : null;
  try {
    await putUp(realm.walls, confined);
    const sandbox = {
      user,
      writable: building,
      scratchDir: building ? scratch : null,
      scratchBytes: limits.diskBytes,
      env: command.env,
      ownsTerminal: terminal !== null,
      ...(building
        ? {
            dir: await requireGrowing(realm, command.artifactId, user),
            cacheDir: await ensureCache(realm, command.appId, user),
          }
        : { dir: await requireArtifact(realm, command.artifactId, user), cacheDir: null }),
    };
    const inputs = renderSandbox(sandbox, realm.tools);
    const inside = [...limitInside(realm.walls, limits), ...(terminal ? inForeground : [])];
    const program = sandboxArgv(command.command, inside);
    if (!terminal || scratch === null)
      return await runIn(realm, { command, confined, program, inputs }, caller);
    const words = await throughTerminal(realm, { terminal, user, scratch }, { program, inputs });
    return await runIn(realm, { command, confined, program: words, inputs: [] }, caller);
  } finally {
    await takeDown(realm.walls, confined);
    if (scratch !== null) await removeAll(realm, scratch);
  }
}

/** Scratch folders of commands that died with the last process that ran them. */
export async function removeOldScratch(realm: Realm): Promise<void> {
  for (const name of await namesIn(realm.layout.scratch)) {
    await removeAll(realm, join(realm.layout.scratch, name));
  }
}

async function makeScratch(realm: Realm, user: Ids, id: string): Promise<string> {
  const path = join(realm.layout.scratch, id);
  await makeFolder(path, user);
  for (const name of ["tmp", "home"]) await makeFolder(join(path, name), user);
  return path;
}

/**
 * Words that run the program in a terminal. Its relay passes no descriptors on, so the inputs are
 * files that the user alone can read, gone with the command.
 */
async function throughTerminal(
  { tools, relay }: Realm,
  at: { terminal: TerminalSize; user: Ids; scratch: string },
  { program, inputs }: { program: readonly string[]; inputs: readonly SandboxInput[] },
): Promise<string[]> {
  const { columns, rows } = at.terminal;
  const opened: string[][] = [];
  for (const { descriptor, text } of inputs) {
    const path = join(at.scratch, `sandbox.${descriptor}`);
    await writeFor(path, text, at.user);
    opened.push([execlineTool("redirfd"), "-r", String(descriptor), path]);
  }
  const script = join(at.scratch, "run");
  await writeFor(script, renderExecline([...opened, program], { args: "-P" }), at.user);
  return [tools.node, relay, String(columns), String(rows), execlineb, "-P", script];
}

/** The folder is the user's, who may put there what they like: a link is never written through. */
async function writeFor(path: string, text: string | Uint8Array, { uid, gid }: Ids): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o400);
  await file.writeFile(text);
  await file.chown(uid, gid);
}

async function runIn(
  realm: Realm,
  asked: {
    command: Command;
    confined: Confined;
    program: readonly string[];
    inputs: readonly SandboxInput[];
  },
  caller: Caller,
): Promise<Outcome> {
  const { command, confined, inputs } = asked;
  const timeout = AbortSignal.timeout(command.timeoutMs);
  const full = new AbortController();
  const done = new AbortController();
  const child = start(argvOf(realm, asked), {
    stdio: stdioFor(command.takesInput, inputs),
    signal: AbortSignal.any([caller.gone, timeout, full.signal]),
  });
  feed(child, inputs);
  takeInput(child, command, caller);
  passOn(child, caller);
  const watching = watchDisk(realm, command, done.signal).then((isFull) => isFull && full.abort());
  const end = await ended(child).finally(() => done.abort());
  await watching;
  const usage = await realm.walls.cgroups?.usage(confined);
  const outOfMemory = (usage?.outOfMemory ?? 0) > 0 && end.code !== 0;
  return {
    ...exitOf(end.code, end.signal),
    timedOut: timeout.aborted,
    ...(outOfMemory ? { outOfMemory } : {}),
    ...(full.signal.aborted ? { outOfDisk: true } : {}),
  };
}

function argvOf(
  realm: Realm,
  asked: { command: Command; confined: Confined; program: readonly string[] },
): [string, ...string[]] {
  const user = realm.become(realm.userOf(asked.command.user));
  const [program = "", ...args] = [...goBehind(realm.walls, asked.confined), ...user];
  return [program, ...args, ...asked.program];
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

function stdioFor(takesInput: boolean, inputs: readonly SandboxInput[]): ("pipe" | "ignore")[] {
  const count = 1 + Math.max(2, ...inputs.map(({ descriptor }) => descriptor));
  const piped = new Set([1, 2, ...inputs.map(({ descriptor }) => descriptor)]);
  if (takesInput) piped.add(0);
  return Array.from({ length: count }, (_, fd) => (piped.has(fd) ? "pipe" : "ignore"));
}

function feed(child: ChildProcess, inputs: readonly SandboxInput[]): void {
  // Node types the first five entries only.
  const stdio = child.stdio as readonly unknown[];
  for (const { descriptor, text } of inputs) {
    const pipe = stdio[descriptor] as Writable;
    // A bwrap that fails early closes its end; its exit code says all there is to say.
    pipe.on("error", () => {});
    pipe.end(text);
  }
}

/**
 * A terminal's relay takes frames as they are; a command takes what is in those of input. Who sends
 * more than it reads waits for it.
 */
function takeInput(child: ChildProcess, { terminal }: Command, caller: Caller): void {
  const input = child.stdin;
  let isHeldUp = false;
  input?.on("error", () => {});
  caller.listen(({ type, payload }) => {
    if (!input || input.writableEnded) return;
    if (terminal) input.write(encodeFrame(type, payload));
    else if (type === sessionFrames.endOfInput) input.end();
    else if (type === sessionFrames.input) input.write(payload);
    if (isHeldUp || !input.writableNeedDrain) return;
    isHeldUp = true;
    const goOn = caller.holdUp();
    const release = () => {
      input.off("drain", release).off("close", release);
      isHeldUp = false;
      goOn();
    };
    input.on("drain", release).on("close", release);
  });
}

/** Output waits for a caller who reads slowly, and the command with it. */
function passOn(child: ChildProcess, caller: Caller): void {
  const streams = [
    [child.stdout, sessionFrames.output],
    [child.stderr, sessionFrames.errorOutput],
  ] as const;
  const all = streams.flatMap(([stream]) => (stream ? [stream] : []));
  const each = (act: (stream: Readable) => void) => all.forEach(act);
  for (const [stream, type] of streams) {
    stream?.on("data", (chunk: Buffer) => {
      if (caller.send(type, chunk)) return;
      each((it) => it.pause());
      caller.onRoom(() => each((it) => it.resume()));
    });
  }
}
