import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { PlatformError } from "#domain/errors.ts";
import type { CommandProgram } from "#domain/privileges.ts";
import { userOf, type Realm } from "#domain/realm.ts";
import { sessionFrames, type Outcome, type Session } from "#domain/runner.ts";
import { exitFrom } from "#lib/exits.ts";
import { encodeFrame } from "#lib/frames.ts";
import type { AppFolders } from "./app-folders.ts";
import { runAsUser } from "./as-user.ts";
import type { RootClient } from "./client.ts";
import { freeOn, outgrows, type Held } from "./disk-watch.ts";
import { programInTerminal, programOf, type Boxed, type Tools } from "./programs.ts";
import { relayed, relayWords } from "./relay.ts";
import type { SharedEtc } from "./shared-etc.ts";
import type { Confined, Walls } from "./walls.ts";

export type Surroundings = {
  readonly realm: Realm;
  readonly tools: Tools;
  readonly folders: AppFolders;
  readonly etc: SharedEtc;
  readonly walls: Walls;
  readonly root: RootClient;
};

const killed: Outcome = { code: null, signal: "SIGKILL", timedOut: false };

/**
 * Runs one command line in the sandbox to its end, as a conversation that may begin at once. When
 * it is closed, everything that the command started is ended.
 */
export function openCommand(around: Surroundings, command: CommandProgram): Session {
  const closed = new AbortController();
  const begun = begin(around, command);
  // Whoever reads is told.
  begun.catch(() => {});
  // What could not be taken away is so when berthd begins again.
  const endAll = () => begun.then(({ end }) => end()).catch(() => {});
  closed.signal.addEventListener("abort", () => void endAll());
  return {
    bytes: said(begun),
    write: async (bytes) => {
      const { connection, listens } = await begun;
      await listens.promise;
      if (connection.writableEnded || connection.destroyed || connection.write(bytes)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      connection.once("drain", resolve).once("close", resolve);
      await promise;
    },
    close: () => closed.abort(),
  };
}

type Running = {
  readonly connection: Duplex;
  /** Resolves when somebody takes what is said to it: before, it would be lost. */
  readonly listens: PromiseWithResolvers<void>;
  /** How it ended, by what came first: its own last word, or that we ended it. */
  outcome: Outcome | null;
  readonly isOutOfMemory: () => Promise<boolean>;
  /** Ends what still runs of it. Repeatable. */
  readonly end: () => Promise<void>;
};

async function begin(around: Surroundings, command: CommandProgram): Promise<Running> {
  const { realm, walls, root } = around;
  const { user, limits, network, timeoutMs } = command;
  const confined: Confined = { user, name: `c${randomUUID()}`, limits, network, port: null };
  const { name } = confined;
  await walls.putUp(confined);
  try {
    const program = await programFor(around, command, name);
    const connection = root.open({ name, user, program, isConfined: true });
    const done = new AbortController();
    const running: Running = {
      connection,
      listens: Promise.withResolvers(),
      outcome: null,
      isOutOfMemory: async () =>
        (await walls.cgroups.kills({ uid: userOf(realm, user).uid, name })) > 0,
      end: async () => {
        done.abort();
        clearTimeout(late);
        running.listens.resolve();
        connection.destroy();
        await walls.takeDown(confined);
      },
    };
    const cut = (why: Partial<Outcome>) => {
      running.outcome ??= { ...killed, ...why };
      // Where there are no walls its relay ends it; that they are down is seen to at the end.
      connection.end();
      walls.takeDown(confined).catch(() => {});
    };
    const late = setTimeout(() => cut({ timedOut: true }), timeoutMs);
    watchDisk(around, { ...command, name }, done.signal).then(
      (isFull) => {
        if (isFull) cut({ outOfDisk: true });
      },
      // What nobody can watch does not go on.
      () => connection.destroy(),
    );
    return running;
  } catch (error) {
    await walls.takeDown(confined);
    throw error;
  }
}

/** What the command says; its last word once nothing of it is left. */
async function* said(begun: Promise<Running>): AsyncGenerator<Uint8Array> {
  let running: Running | null = null;
  try {
    running = await begun;
    yield* printed(running);
    const outcome = await outcomeOf(running);
    await running.end();
    if (outcome) yield encodeFrame(sessionFrames.result, JSON.stringify({ value: outcome }));
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    const { code, details } = error;
    yield encodeFrame(sessionFrames.failure, JSON.stringify({ code, details }));
  } finally {
    await running?.end();
  }
}

/** What the command prints, until its connection ends; how it ended is noted. */
async function* printed(running: Running): AsyncGenerator<Uint8Array> {
  const { connection, listens } = running;
  try {
    for await (const { type, payload } of relayed(connection)) {
      listens.resolve();
      if (type === sessionFrames.result) {
        const exit = exitFrom(payload.toString());
        running.outcome ??= exit && { ...exit, timedOut: false };
      } else if (payload.length > 0) yield encodeFrame(type, payload);
    }
  } catch (error) {
    if ((await outcomeOf(running)) === null) throw error;
  }
}

/** Null when it was lost. Who runs out of memory may take its relay along, and say nothing. */
async function outcomeOf({ outcome, isOutOfMemory }: Running): Promise<Outcome | null> {
  const outOfMemory = outcome?.code !== 0 && (await isOutOfMemory());
  return outOfMemory ? { ...(outcome ?? killed), outOfMemory } : outcome;
}

async function programFor(
  { realm, tools, folders, etc, walls }: Surroundings,
  command: CommandProgram,
  name: string,
) {
  const { appId, artifactId, building, user, env, limits, terminal, takesInput } = command;
  const scratch = folders.scratch(name);
  const boxed: Boxed = {
    command: command.command,
    limits,
    isCounted: walls.cgroups.controllers.includes("pids"),
    sandbox: {
      user: userOf(realm, user),
      dir: building ? folders.growing(artifactId) : await folders.artifact(artifactId, user),
      building: building ? { cache: await folders.cache(appId, user), scratch } : null,
      etc,
      scratchBytes: limits.diskBytes,
      env,
      terminal,
    },
  };
  if (terminal) return programInTerminal(boxed, scratch, tools);
  const { argv, files } = programOf(boxed, tools);
  return { argv: [...relayWords({ takesInput }), ...argv], files };
}

/** Resolves with true when a build has outgrown its disk; its cache is then given up, too. */
async function watchDisk(
  { folders, root }: Surroundings,
  { building, name, appId, artifactId, user, limits }: CommandProgram & { readonly name: string },
  signal: AbortSignal,
): Promise<boolean> {
  if (!building) return false;
  const growing = folders.growing(artifactId);
  const own = ["tmp", "home"].map((it) => join(folders.scratch(name), it));
  const all = [growing, await folders.cache(appId, user), ...own];
  const watched = {
    free: () => freeOn(growing),
    sumOf: async (what: keyof Held) => {
      const how = what === "bytes" ? "-B1" : "--inodes";
      // No link is followed, and what goes away meanwhile does not count.
      const text = await runAsUser(root, user, ["du", "-sx", how, "--", ...all]).catch(() => "");
      return text.split("\n").reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0), 0);
    },
  };
  const isFull = await outgrows(watched, limits.diskBytes, signal);
  if (isFull) await root.call("removeCache", { appId });
  return isFull;
}
