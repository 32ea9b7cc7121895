import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Network } from "#domain/app.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Limits } from "#domain/limits.ts";
import type { VerbArguments } from "#domain/privileges.ts";
import { execlineTool, renderExecline, type ExeclineWord } from "#lib/execline.ts";
import { exists, nullIf, nullIfMissing, removeTree } from "#lib/files.ts";
import { allKept, confinedOf, keepAnew, keptFile, keptOf, renderKept, type Kept } from "./kept.ts";
import { terminateInside } from "./processes.ts";
import { writeProgram } from "./program.ts";
import type { Realm } from "./realm.ts";
import { endOld, isDownWithin, order, startNew, statusOf } from "./s6.ts";
import { requireArtifact } from "./trees.ts";
import { admit, goBehind, openDoor, putUp, takeDown } from "./walls.ts";

type Started = VerbArguments<"startInstance">;

const stuckAfterMs = 5000;

/**
 * Writes the instance's service folder beside the watched one, links it in, and has s6-svscan look.
 * A crash in the middle leaves a folder without a link, which the next start of the same instance
 * replaces.
 */
export async function startInstance(realm: Realm, instance: Started): Promise<void> {
  const { layout, walls } = realm;
  const [own, logger] = confinedOf(realm, instance);
  const isLinked = await exists(layout.link(instance.id));
  await Promise.all([putUp(walls, own), putUp(walls, logger)]);
  // What the kernel takes its time for goes on while other things are done, and the program begins.
  const hastened = walls.cgroups?.hasten();
  if (!isLinked) {
    await writeService(realm, instance);
    await symlink(layout.service(instance.id), layout.link(instance.id)).catch(nullIf(["EEXIST"]));
  }
  await startNew(layout);
  await Promise.all([
    hastened,
    openDoor(walls, own),
    untilSupervised(layout.service(instance.id), !isLinked),
  ]);
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
  const { layout, walls } = realm;
  const service = layout.service(id);
  const kept = await keptOf(layout, id);
  await end(service, id, graceMs);
  await unlink(layout.link(id)).catch(nullIfMissing);
  await order("-xd", service);
  // A logger that cannot write what it still holds, as on a full disk, does not end by itself.
  await order("-xd", join(service, "log"));
  if (!(await isDownWithin(join(service, "log"), 1000))) await order("-xdk", join(service, "log"));
  await endOld(layout);
  for (const confined of kept ? confinedOf(realm, kept) : []) await takeDown(walls, confined);
  for (const path of [service, partialOf(service)]) await removeTree(path);
  for (const path of layout.exitNotes(id)) await unlink(path).catch(nullIfMissing);
}

async function end(service: string, id: number, graceMs: number): Promise<void> {
  await order("-O", service);
  const status = await statusOf(service);
  if (!status?.pid) return order("-d", service);
  if ((await terminateInside(status.pid)) && (await isDownWithin(service, graceMs))) return;
  // Killing the outer process takes the whole process namespace down with it.
  await order("-dk", service);
  if (await isDownWithin(service, stuckAfterMs)) return;
  const seconds = stuckAfterMs / 1000;
  throw new PlatformError("instance_stuck", { instance: `Instance ${id}`, seconds });
}

/** Lets an instance run again that ended too often in a row. */
export async function reviveInstance(realm: Realm, id: number): Promise<void> {
  const kept = await keptOf(realm.layout, id);
  if (kept) await putUpAgain(realm, kept);
  await order("-u", realm.layout.service(id));
}

/** Holds an instance to other limits, now and whenever it is started again. */
export async function limitInstance(realm: Realm, id: number, limits: Limits): Promise<void> {
  const kept = await keptOf(realm.layout, id);
  if (!kept) return;
  await keepAnew(realm.layout, { ...kept, limits });
  const update = async () => realm.walls.cgroups?.update(confinedOf(realm, kept)[0], limits);
  // Version 1 does not go below what is in use: then it holds from the next start on.
  await update().catch(nullIf(["EBUSY"]));
}

/** Opens or closes an app's connections, now and whenever any of its instances is put up again. */
export async function setNetwork(realm: Realm, user: number, network: Network): Promise<void> {
  const own = (await allKept(realm.layout)).filter((it) => it.user === user);
  for (const kept of own) await keepAnew(realm.layout, { ...kept, network });
  await admit(realm.walls, realm.userOf(user).uid, network);
}

/** After a restart of the machine nothing is left of what an instance was started behind. */
export async function putUpAgain(realm: Realm, kept: Kept): Promise<void> {
  for (const confined of confinedOf(realm, kept)) {
    await putUp(realm.walls, confined);
    await openDoor(realm.walls, confined);
  }
}

async function writeService(realm: Realm, instance: Started): Promise<void> {
  const { layout } = realm;
  const service = layout.service(instance.id);
  const partial = partialOf(service);
  const user = realm.userOf(instance.user);
  const sandbox = {
    user,
    dir: await requireArtifact(realm, instance.artifactId, user),
    building: null,
    scratchBytes: instance.limits.diskBytes,
    env: instance.env,
    terminal: null,
  };
  const [own, logger] = confinedOf(realm, instance);
  await removeTree(partial);
  await removeTree(service);
  mkdirSync(join(partial, "log"), { recursive: true, mode: 0o700 });
  const { command } = instance;
  const program = writeProgram(realm, partial, {
    confined: own,
    sandbox,
    command,
    joinsErrors: true,
  });
  const log = [...goBehind(realm.walls, logger), ...logWords(realm, instance.logName)];
  // Not before it has its name is it started, and no service outlives a power cut: see startTree.
  const write = (name: string, text: string, mode: number) =>
    writeFileSync(join(partial, name), text, { mode, flag: "wx" });
  write(keptFile, renderKept(instance), 0o600);
  write("run", renderExecline([program], { args: "-P" }), 0o700);
  write("log/run", renderExecline([log], { args: "-P" }), 0o700);
  write("finish", renderFinish(realm, instance), 0o700);
  for (const path of layout.exitNotes(instance.id)) rmSync(path, { force: true });
  await rename(partial, service);
}

/** Where a service folder grows; a full disk may leave one of an instance that never was started. */
function partialOf(service: string): string {
  return `${service}.partial`;
}

/**
 * Notes how it ended, with the kernel's count of kills for lack of memory, beside the one of the end
 * before. Gives up after five ends within a minute, so that a crashing app never spins even while
 * berthd is away.
 * @see s6-supervise(8), s6-permafailon(8)
 */
function renderFinish(realm: Realm, instance: Started): string {
  const [exit = "", memory = "", before = ""] = realm.layout.exitNotes(instance.id);
  const events = realm.walls.cgroups?.memoryEventsFile(confinedOf(realm, instance)[0]) ?? null;
  const [first, redirect] = [execlineTool("foreground"), execlineTool("redirfd")];
  const count: ExeclineWord[][] =
    events === null
      ? []
      : [
          [first, [redirect, "-w", "2", "/dev/null", "mv", "-f", "--", memory, before]],
          [first, ["cp", "--", events, memory]],
        ];
  const how = ["echo", { substituted: "${1}" }, { substituted: "${2}" }];
  const ends = "0-255,SIGKILL,SIGTERM,SIGSEGV,SIGABRT,SIGBUS";
  const giveUp = ["s6-permafailon", "60", "5", ends, execlineTool("exit"), "0"];
  return renderExecline([...count, [first, [redirect, "-w", "1", exit, ...how]], giveUp], {
    args: "-S2",
  });
}

/**
 * The logger reads on while it cannot write, so that no app ever waits for a full disk. What it
 * holds back is bounded: beyond that it ends, and the next one begins with an empty hand.
 */
function logWords({ become, account, layout }: Realm, logName: string): string[] {
  const bounded = ["s6-softlimit", "-d", "8000000"];
  const logger = ["s6-log", "-l", "65536", "n10", "s1000000", "T", layout.log(logName)];
  return [...become(account), ...bounded, ...logger];
}
