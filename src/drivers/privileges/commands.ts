import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { PlatformError } from "#domain/errors.ts";
import type { CommandProgram } from "#domain/privileges.ts";
import { userOf, type Realm } from "#domain/realm.ts";
import { sessionFrames, type Outcome, type Session } from "#domain/runner.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";
import type { AppFolders } from "./app-folders.ts";
import { runAsUser } from "./as-user.ts";
import type { RootClient } from "./client.ts";
import { outgrows } from "./disk-watch.ts";
import { programInTerminal, programOf, type Boxed, type Tools } from "./programs.ts";
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

const frameBytesMax = 1024 * 1024;
const outOfDisk: Outcome = { code: null, signal: "SIGKILL", timedOut: false, outOfDisk: true };

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
      const { connection } = await begun;
      if (connection.destroyed || connection.write(bytes)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      connection.once("drain", resolve).once("close", resolve);
      await promise;
    },
    close: () => closed.abort(),
  };
}

type Running = {
  readonly connection: Duplex;
  readonly isOutOfMemory: () => Promise<boolean>;
  /** Whether it was ended for the disk that it took. */
  readonly isFull: () => boolean;
  /** Ends what still runs of it. Repeatable. */
  readonly end: () => Promise<void>;
};

async function begin(around: Surroundings, command: CommandProgram): Promise<Running> {
  const { realm, walls, root } = around;
  const { user, limits, network, terminal, takesInput, timeoutMs } = command;
  const confined: Confined = { user, name: `c${randomUUID()}`, limits, network, port: null };
  const { name } = confined;
  await walls.putUp(confined);
  const done = new AbortController();
  try {
    const program = await programFor(around, command, confined.name);
    const how = { isRelay: terminal !== null, isConfined: true, takesInput, timeoutMs };
    const connection = root.open({ name, user, program, ...how });
    let isFull = false;
    watchDisk(around, command, done.signal).then(
      (it) => {
        isFull = it;
        if (it) connection.destroy();
      },
      // What nobody can watch does not go on.
      () => connection.destroy(),
    );
    const cgroup = { uid: userOf(realm, user).uid, name };
    return {
      connection,
      isOutOfMemory: async () => (await walls.cgroups.kills(cgroup)) > 0,
      isFull: () => isFull,
      end: async () => {
        done.abort();
        connection.destroy();
        await walls.takeDown(confined);
      },
    };
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
    for await (const { type, payload } of framesOf(running.connection, frameBytesMax))
      yield type === sessionFrames.result
        ? await lastWord(running, payload)
        : encodeFrame(type, payload);
    // It was cut.
    if (running.isFull()) yield resultFrame(outOfDisk);
  } catch (error) {
    if (running?.isFull()) yield resultFrame(outOfDisk);
    else if (error instanceof PlatformError) {
      const { code, details } = error;
      yield encodeFrame(sessionFrames.failure, JSON.stringify({ code, details }));
    } else throw error;
  } finally {
    await running?.end();
  }
}

/** How it ended, with what berth-root does not know; nothing of it is left then. */
async function lastWord({ isOutOfMemory, end }: Running, payload: Buffer): Promise<Buffer> {
  const { value } = JSON.parse(payload.toString()) as { value: Outcome };
  const outOfMemory = value.code !== 0 && (await isOutOfMemory());
  await end();
  return resultFrame({ ...value, ...(outOfMemory ? { outOfMemory } : {}) });
}

function resultFrame(value: Outcome): Buffer {
  return encodeFrame(sessionFrames.result, JSON.stringify({ value }));
}

async function programFor(
  { realm, tools, folders, etc, walls }: Surroundings,
  command: CommandProgram,
  name: string,
) {
  const { appId, artifactId, building, user, env, limits, terminal } = command;
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
  return terminal ? programInTerminal(boxed, scratch, tools) : programOf(boxed, tools);
}

/** Resolves with true when a build has outgrown its disk; its cache is then given up, too. */
async function watchDisk(
  { folders, root }: Surroundings,
  { building, appId, artifactId, user, limits }: CommandProgram,
  signal: AbortSignal,
): Promise<boolean> {
  if (!building) return false;
  const watched = {
    folders: [folders.growing(artifactId), await folders.cache(appId, user)],
    // No link is followed, and what goes away meanwhile does not count.
    sizeOf: async (paths: readonly string[]) => {
      const text = await runAsUser(root, user, ["du", "-sxB1", "--", ...paths]).catch(() => "");
      return text.split("\n").reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0), 0);
    },
  };
  const isFull = await outgrows(watched, limits.diskBytes, signal);
  if (isFull) await root.call("removeCache", { appId });
  return isFull;
}
