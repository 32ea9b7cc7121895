import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { VerbArguments } from "#domain/privileges.ts";
import { sessionFrames, type Outcome } from "#domain/runner.ts";
import { ended, start, type ChildProcess } from "#lib/exec.ts";
import { namesIn } from "#lib/files.ts";
import type { Caller } from "./caller.ts";
import { exitOf } from "./exits.ts";
import type { Ids, Realm } from "./realm.ts";
import { renderSandbox, sandboxArgv, type SandboxInput } from "./sandbox.ts";
import { ensureCache, makeFolder, removeAll, requireArtifact, requireGrowing } from "./trees.ts";

type Command = VerbArguments<"runCommand">;

/** What the caller may have sent beyond what the command reads. */
const inputBacklogMax = 1024 * 1024;

/**
 * Runs one command line in the sandbox to its end. When its caller goes away, or this process dies,
 * so does everything that the command started.
 */
export async function runCommand(realm: Realm, command: Command, caller: Caller): Promise<Outcome> {
  const user = realm.userOf(command.user);
  const scratchDir = command.building ? await makeScratch(realm, user) : null;
  try {
    const inputs = renderSandbox(
      {
        user,
        writable: command.building,
        scratchDir,
        scratchBytes: command.limits.diskBytes,
        env: command.env,
        ownsTerminal: false,
        ...(command.building
          ? {
              dir: await requireGrowing(realm, command.artifactId, user),
              cacheDir: await ensureCache(realm, command.appId, user),
            }
          : { dir: await requireArtifact(realm, command.artifactId, user), cacheDir: null }),
      },
      realm.tools,
    );
    return await runIn(realm, { command, user, inputs }, caller);
  } finally {
    if (scratchDir !== null) await removeAll(realm, scratchDir);
  }
}

/** Scratch folders of commands that died with the last process that ran them. */
export async function removeOldScratch(realm: Realm): Promise<void> {
  for (const name of await namesIn(realm.layout.scratch)) {
    await removeAll(realm, join(realm.layout.scratch, name));
  }
}

async function makeScratch(realm: Realm, user: Ids): Promise<string> {
  const path = join(realm.layout.scratch, randomUUID());
  await makeFolder(path, user);
  for (const name of ["tmp", "home"]) await makeFolder(join(path, name), user);
  return path;
}

async function runIn(
  realm: Realm,
  asked: { command: Command; user: Ids; inputs: readonly SandboxInput[] },
  caller: Caller,
): Promise<Outcome> {
  const { command, user, inputs } = asked;
  const timeout = AbortSignal.timeout(command.timeoutMs);
  const [program = "", ...args] = [...realm.become(user), ...sandboxArgv(command.command)];
  const child = start([program, ...args], {
    stdio: stdioFor(command.takesInput, inputs),
    signal: AbortSignal.any([caller.gone, timeout]),
  });
  feed(child, inputs);
  if (command.takesInput) takeInput(child, caller);
  passOn(child, caller);
  const end = await ended(child);
  return { ...exitOf(end.code, end.signal), timedOut: timeout.aborted };
}

function stdioFor(takesInput: boolean, inputs: readonly SandboxInput[]): ("pipe" | "ignore")[] {
  const count = 1 + Math.max(...inputs.map(({ descriptor }) => descriptor));
  const open = new Set([1, 2, ...inputs.map(({ descriptor }) => descriptor)]);
  if (takesInput) open.add(0);
  return Array.from({ length: count }, (_, fd) => (open.has(fd) ? "pipe" : "ignore"));
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

function takeInput(child: ChildProcess, caller: Caller): void {
  const input = child.stdin;
  if (!input) return;
  input.on("error", () => {});
  caller.listen(({ type, payload }) => {
    if (type === sessionFrames.endOfInput) input.end();
    if (type !== sessionFrames.input || input.writableEnded) return;
    input.write(payload);
    if (input.writableLength > inputBacklogMax) child.kill("SIGKILL");
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
