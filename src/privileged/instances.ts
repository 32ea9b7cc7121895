import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { ExitStatus } from "#domain/instance.ts";
import type { Limits } from "#domain/limits.ts";
import type { VerbArguments } from "#domain/privileges.ts";
import { exec, ExecError } from "#lib/exec.ts";
import { execlineTool, renderExecline, type ExeclineWord } from "#lib/execline.ts";
import {
  exists,
  namesIn,
  nullIfMissing,
  readIfThere,
  removeTree,
  writeAtomic,
} from "#lib/files.ts";
import { ignore, killsIn } from "./cgroup-files.ts";
import { parseExit } from "./exits.ts";
import { confinedOf, keptFile, keptOf, loggerOf, renderKept } from "./kept.ts";
import type { SupervisionLayout } from "./layout.ts";
import { terminateInside } from "./processes.ts";
import type { Realm } from "./realm.ts";
import { renderSandbox, sandboxArgv, type SandboxInput } from "./sandbox.ts";
import { statusOf } from "./status.ts";
import { endOld, startNew } from "./svscan.ts";
import { requireArtifact } from "./trees.ts";
import { goBehind, limitInside, openDoor, putUp, takeDown } from "./walls.ts";

type Started = VerbArguments<"startInstance">;

const stuckAfterMs = 5000;

/**
 * Writes the instance's service folder beside the watched one, links it in, and has s6-svscan look.
 * A crash in the middle leaves a folder without a link, which the next start of the same instance
 * replaces.
 */
export async function startInstance(realm: Realm, instance: Started): Promise<void> {
  const { layout, walls } = realm;
  const service = layout.service(instance.id);
  const confined = confinedOf(realm, instance);
  const isLinked = await exists(layout.link(instance.id));
  await Promise.all([putUp(walls, confined), putUp(walls, loggerOf(realm, instance))]);
  // What the kernel takes its time for goes on while other things are done, and the program begins.
  const hastened = walls.cgroups?.hasten();
  if (!isLinked) {
    await writeService(realm, instance);
    await symlink(service, layout.link(instance.id)).catch(ignoreExisting);
  }
  await startNew(layout);
  await Promise.all([hastened, openDoor(walls, confined), untilSupervised(service, !isLinked)]);
}

/** s6-svscan starts the supervisor on its own time. */
async function untilSupervised(service: string, isNew: boolean): Promise<void> {
  // What a supervisor writes into a new folder saves asking it; in an old one it may be an old one's.
  const sign = join(service, "supervise/status");
  const isThere = async () => (isNew ? exists(sign) : (await statusOf(service)) !== null);
  for (let waitMs = 1; waitMs < 3000; waitMs *= 1.5) {
    if (await isThere()) return;
    await sleep(waitMs);
  }
  throw new PlatformError("command_failed", {
    command: "s6-svscan",
    problem: "it does not supervise a new instance",
  });
}

/** Stops an instance and removes what it had. @throws {PlatformError} `instance_stuck` */
export async function stopInstance(realm: Realm, id: number, graceMs: number): Promise<void> {
  const { layout } = realm;
  const service = layout.service(id);
  const kept = await keptOf(layout, id);
  if (await exists(join(service, "supervise"))) await end(service, id, graceMs);
  await unlink(layout.link(id)).catch(nullIfMissing);
  await exec(["s6-svc", "-xd", service]).catch(ignoreNotSupervised);
  await endLogger(join(service, "log"));
  // Without an s6-svscan there is nothing to tell.
  await endOld(layout).catch(ignoreNotSupervised);
  if (kept) {
    await takeDown(realm.walls, confinedOf(realm, { ...kept, id }));
    await takeDown(realm.walls, loggerOf(realm, { ...kept, id }));
  }
  for (const path of [service, partialOf(service)]) await removeTree(path);
  for (const path of exitFiles(layout, id)) await unlink(path).catch(nullIfMissing);
}

/** A logger that cannot write what it still holds, as on a full disk, does not end by itself. */
async function endLogger(log: string): Promise<void> {
  await exec(["s6-svc", "-xd", log]).catch(ignoreNotSupervised);
  for (let waitMs = 2; waitMs < 1000; waitMs *= 2) {
    if ((await statusOf(log)) === null) return;
    await sleep(waitMs);
  }
  await exec(["s6-svc", "-xdk", log]).catch(ignoreNotSupervised);
}

/** Lets an instance run again that ended too often in a row. */
export async function reviveInstance(realm: Realm, id: number): Promise<void> {
  const { layout } = realm;
  await putUpAgain(realm, id);
  await exec(["s6-svc", "-u", layout.service(id)]).catch(ignoreNotSupervised);
}

/** Holds an instance to other limits, now and whenever it is started again. */
export async function limitInstance(realm: Realm, id: number, limits: Limits): Promise<void> {
  const kept = await keptOf(realm.layout, id);
  if (!kept) return;
  const file = join(realm.layout.service(id), keptFile);
  await writeAtomic(file, renderKept({ ...kept, limits }), 0o600);
  // Version 1 does not go below what is in use: then it holds from the next start on.
  const { cgroups } = realm.walls;
  await cgroups?.update(confinedOf(realm, { ...kept, id }), limits).catch(ignore(["EBUSY"]));
}

/** After a restart of the machine nothing is left of what an instance was started behind. */
export async function putUpAgain(realm: Realm, id: number): Promise<void> {
  const kept = await keptOf(realm.layout, id);
  if (!kept) return;
  const confined = confinedOf(realm, { ...kept, id });
  await putUp(realm.walls, confined);
  await openDoor(realm.walls, confined);
  await putUp(realm.walls, loggerOf(realm, { ...kept, id }));
}

async function end(service: string, id: number, graceMs: number): Promise<void> {
  await exec(["s6-svc", "-O", service]).catch(ignoreNotSupervised);
  const status = await statusOf(service);
  if (status === null || status.pid === null) {
    await exec(["s6-svc", "-d", service]).catch(ignoreNotSupervised);
    return;
  }
  if ((await terminateInside(status.pid)) && (await isDownWithin(service, graceMs))) return;
  // Killing the outer process takes the whole process namespace down with it.
  await exec(["s6-svc", "-dk", service]).catch(ignoreNotSupervised);
  if (!(await isDownWithin(service, stuckAfterMs))) {
    throw new PlatformError("instance_stuck", {
      instance: `Instance ${id}`,
      seconds: stuckAfterMs / 1000,
    });
  }
}

async function isDownWithin(service: string, ms: number): Promise<boolean> {
  // To s6-svwait no time means for ever.
  if (ms < 1) return false;
  try {
    await exec(["s6-svwait", "-d", "-t", String(Math.ceil(ms)), service], {
      timeoutMs: ms + 5000,
    });
    return true;
  } catch (error) {
    if (error instanceof ExecError && error.code === 1) return (await statusOf(service)) === null;
    // It took longer, or already to begin waiting did.
    if (error instanceof ExecError && (error.code === 99 || error.code === 111)) return false;
    throw error;
  }
}

async function writeService(realm: Realm, instance: Started): Promise<void> {
  const { layout } = realm;
  const user = realm.userOf(instance.user);
  const service = layout.service(instance.id);
  const partial = partialOf(service);
  const inputs = renderSandbox(
    {
      user,
      dir: await requireArtifact(realm, instance.artifactId, user),
      writable: false,
      cacheDir: null,
      scratchDir: null,
      scratchBytes: instance.limits.diskBytes,
      env: instance.env,
      ownsTerminal: false,
    },
    realm.tools,
  );
  // Not before it has its name is it started, and no service outlives a power cut: see startTree.
  const write = (name: string, text: string | Uint8Array, mode: number) =>
    writeFileSync(join(partial, name), text, { mode, flag: "wx" });
  await removeTree(partial);
  await removeTree(service);
  mkdirSync(join(partial, "log"), { recursive: true, mode: 0o700 });
  for (const input of inputs) write(fileOf(input), input.text, 0o600);
  write(keptFile, renderKept(instance), 0o600);
  write("run", renderRun(realm, instance, inputs), 0o700);
  write("finish", renderFinish(realm, instance), 0o700);
  write("log/run", renderLog(realm, instance), 0o700);
  for (const path of exitFiles(layout, instance.id)) rmSync(path, { force: true });
  await rename(partial, service);
}

/** Service folders that a killed start left half-way. */
export async function removeHalfStarted({ layout }: Realm): Promise<void> {
  const names = (await namesIn(layout.services)).filter((name) => name.endsWith(".partial"));
  for (const name of names) await removeTree(join(layout.services, name));
}

/** Where a service folder grows; a full disk may leave one of an instance that never was started. */
function partialOf(service: string): string {
  return `${service}.partial`;
}

/** The supervisor's privilege opens the files and the cgroups; what follows has none. */
function renderRun(realm: Realm, instance: Started, inputs: readonly SandboxInput[]): string {
  const { walls } = realm;
  const opened = inputs.map(fileOf);
  const argv = sandboxArgv(instance.command, limitInside(walls, instance.limits));
  const behind = goBehind(walls, confinedOf(realm, instance), { opened, joinsErrors: true });
  const program = [...behind, ...realm.become(realm.userOf(instance.user)), ...argv];
  return renderExecline([program], { args: "-P" });
}

function fileOf({ descriptor }: SandboxInput): string {
  return `sandbox.${descriptor}`;
}

/**
 * Notes how it ended, with the kernel's count of kills for lack of memory, beside the one of the end
 * before. Gives up after five ends within a minute, so that a crashing app never spins even while
 * berthd is away.
 * @see s6-supervise(8), s6-permafailon(8)
 */
function renderFinish(realm: Realm, instance: Started): string {
  const [exit, memory, before] = exitFiles(realm.layout, instance.id);
  const events = realm.walls.cgroups?.memoryEventsFile(confinedOf(realm, instance)) ?? null;
  const [first, redirect] = [execlineTool("foreground"), execlineTool("redirfd")];
  const count: ExeclineWord[][] =
    events === null
      ? []
      : [
          [first, [redirect, "-w", "2", "/dev/null", "mv", "-f", "--", memory, before]],
          [first, ["cp", "--", events, memory]],
        ];
  const how = ["echo", { substituted: "${1}" }, { substituted: "${2}" }];
  return renderExecline(
    [
      ...count,
      [first, [redirect, "-w", "1", exit, ...how]],
      [
        "s6-permafailon",
        "60",
        "5",
        "0-255,SIGKILL,SIGTERM,SIGSEGV,SIGABRT,SIGBUS",
        execlineTool("exit"),
        "0",
      ],
    ],
    { args: "-S2" },
  );
}

/** How it ended, the count of kills then, and that of the end before. */
function exitFiles(layout: SupervisionLayout, id: number): [string, string, string] {
  const exit = layout.exit(id);
  return [exit, `${exit}.memory`, `${exit}.memory.before`];
}

/** How an instance ended last; null when it never did. */
export async function lastExitOf(
  layout: SupervisionLayout,
  id: number,
): Promise<ExitStatus | null> {
  const [exit, memory, before] = await Promise.all(exitFiles(layout, id).map(readIfThere));
  const last = parseExit(exit ?? "");
  const isOutOfMemory = killsIn(memory ?? "") > killsIn(before ?? "");
  return last && isOutOfMemory && last.code !== 0 ? { ...last, outOfMemory: true } : last;
}

/**
 * The logger reads on while it cannot write, so that no app ever waits for a full disk. What it
 * holds back is bounded: beyond that it ends, and the next one begins with an empty hand.
 */
function renderLog(realm: Realm, instance: Started): string {
  const bounded = [...realm.become(realm.account), "s6-softlimit", "-d", "8000000"];
  const logger = ["s6-log", "-l", "65536", "n10", "s1000000", "T"];
  const behind = goBehind(realm.walls, loggerOf(realm, instance));
  const program = [...bounded, ...logger, realm.layout.log(instance.logName)];
  return renderExecline([[...behind, ...program]], { args: "-P" });
}

/** s6-svc exits with 100 when nothing supervises that folder. */
function ignoreNotSupervised(error: unknown): void {
  if (!(error instanceof ExecError && (error.code === 100 || error.code === 111))) throw error;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
