import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Limits } from "#domain/limits.ts";
import { nullIf, readIfThere } from "#lib/files.ts";
import { controllers, limitFiles, limitSettings, type Controller } from "./cgroup-files.ts";
import { baseIn, parseHierarchies, type Hierarchy } from "./cgroup-places.ts";

const killTimeoutMs = 5000;

/** A cgroup of one instance or one command: whose it is, and a name that is unique for it. */
export type CgroupName = { readonly uid: number; readonly name: string };

export type Cgroups = {
  /** The controllers that this machine gives us; what is not among them is not limited. */
  readonly controllers: readonly Controller[];
  /**
   * The folder of all apps in the hierarchy of version 2, by which the fence knows them: its path
   * below /sys/fs/cgroup, and how deep it is in the hierarchy. Null where version 2 is not there.
   */
  readonly unified: { readonly path: string; readonly level: number } | null;
  /** Makes a cgroup, or takes the one that is there, and sets its limits. */
  readonly create: (cgroup: CgroupName, limits: Limits) => void;
  /** Files into which a process writes 0, for itself, to join, before it does anything else. */
  readonly joinFiles: (cgroup: CgroupName) => string[];
  /**
   * Makes the next join quick. Before a process changes its cgroup the kernel waits for every
   * processor, some 7 ms, but not again for a while: so this waits while other things are done.
   */
  readonly hasten: () => Promise<void>;
  /** Changes the limits of what runs. Memory below what is in use makes the kernel take it back. */
  readonly update: (cgroup: CgroupName, limits: Limits) => void;
  /** Ends everything in it and removes it; does nothing when it is gone. */
  readonly remove: (cgroup: CgroupName) => Promise<void>;
  /** Makes an app's part of the tree, by which the fence knows it. */
  readonly ensureApp: (uid: number) => Promise<void>;
  /** Ends everything of an app and removes its part of the tree. */
  readonly removeApp: (uid: number) => Promise<void>;
  /** Apps that have a part of the tree, each with the names of its cgroups. */
  readonly apps: () => Promise<ReadonlyMap<number, ReadonlySet<string>>>;
  /** Removes everything of Berth's, as far as it is empty. */
  readonly close: () => Promise<void>;
  /** How often the kernel killed in it for lack of memory. */
  readonly kills: (cgroup: CgroupName) => Promise<number>;
  /** The file that says so, for whoever notes how something ended. */
  readonly memoryEventsFile: (cgroup: CgroupName) => string | null;
  /** What its files of limits say; null when one of the processes is outside of it. */
  readonly look: (
    cgroup: CgroupName,
    pids: readonly number[],
  ) => Promise<Record<string, string> | null>;
};

/** Berth's part of one hierarchy. */
type Place = Hierarchy & {
  /** Where this process stands. */
  readonly standing: string;
  readonly base: string;
  /** Holds a folder for each app, and that one for each of its cgroups. */
  readonly apps: string;
};

/**
 * Berth's part of the machine's cgroups, made when it is not there. Version 2 is used for what it
 * has, version 1 for the rest; processes join all of them under the same name.
 * @param key Tells two homes on one machine apart.
 */
export async function openCgroups(
  key: string,
  hierarchies?: readonly Hierarchy[],
): Promise<Cgroups> {
  const places: Place[] = [];
  // Version 2 first: what it controls, version 1 cannot, and it ends all processes at once.
  const usable = (hierarchies ?? (await readHierarchies())).toSorted(
    (a, b) => b.version - a.version,
  );
  for (const hierarchy of usable) {
    // One in which we may make nothing is left out: its limits are then said not to hold.
    const place = await openPlace(hierarchy, key).catch(nullIf(refused));
    if (place !== null) places.push(place);
  }
  const foldersOf = (cgroup: CgroupName) => places.map((place) => folderOf(place, cgroup));
  const unified = places.find(({ version }) => version === 2);
  return {
    controllers: controllers.filter((name) => places.some((it) => it.controllers.includes(name))),
    unified: unified ? placeForFence(unified) : null,
    create: (cgroup, limits) => places.forEach((place) => createIn(place, cgroup, limits)),
    update: (cgroup, limits) => places.forEach((place) => setLimits(place, cgroup, limits)),
    remove: (cgroup) => removeFolders(foldersOf(cgroup)),
    joinFiles: (cgroup) => places.map((place) => join(folderOf(place, cgroup), joinName(place))),
    // To join where it stands already moves nothing, and waits all the same.
    hasten: async () => {
      if (unified) await writeFile(join(unified.standing, "cgroup.procs"), "0").catch(() => {});
    },
    apps: () => appsIn(places),
    ensureApp: async (uid) => {
      for (const place of places) await mkdir(appFolder(place, uid), { recursive: true });
    },
    removeApp: (uid) => removeApp(places, uid),
    close: () => close(places),
    ...looksAt(places, foldersOf),
  };
}

function looksAt(
  places: readonly Place[],
  foldersOf: (cgroup: CgroupName) => string[],
): Pick<Cgroups, "memoryEventsFile" | "kills" | "look"> {
  const memory = places.find((place) => place.controllers.includes("memory"));
  const name = memory?.version === 2 ? "memory.events" : "memory.oom_control";
  const memoryEventsFile = (cgroup: CgroupName) =>
    memory ? join(folderOf(memory, cgroup), name) : null;
  return {
    memoryEventsFile,
    kills: async (cgroup) => {
      const file = memoryEventsFile(cgroup);
      const text = file === null ? null : await readIfThere(file);
      return Number(/^oom_kill (\d+)$/m.exec(text ?? "")?.[1] ?? 0);
    },
    look: async (cgroup, pids) => {
      const folders = foldersOf(cgroup);
      const members = await Promise.all(folders.map(pidsIn));
      if (!members.every((inside) => pids.every((pid) => inside.includes(pid)))) return null;
      const found: Record<string, string> = {};
      for (const folder of folders) {
        for (const file of limitFiles) {
          const text = await readIfThere(join(folder, file));
          if (text !== null) found[file] = text.trim();
        }
      }
      return found;
    },
  };
}

async function readHierarchies(): Promise<Hierarchy[]> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const memberships = await readFile("/proc/self/cgroup", "utf8");
  return parseHierarchies(mounts, memberships).filter(
    (it) => it.version === 2 || controllers.some((name) => it.controllers.includes(name)),
  );
}

async function openPlace(hierarchy: Hierarchy, key: string): Promise<Place> {
  const { base, ours } = baseIn(hierarchy, key);
  const { mountedAt, own } = hierarchy;
  const apps = join(base, "apps");
  await mkdir(apps, { recursive: true });
  // What somebody else has made there can be seen where all is read-only, as in a container.
  await access(apps, constants.W_OK);
  if (hierarchy.version === 1) return { ...hierarchy, standing: join(mountedAt, own), base, apps };
  const standing = (await vacate(base)) ?? join(mountedAt, own);
  const path = relative(ours, apps).split("/");
  for (let depth = 0; depth <= path.length; depth += 1)
    delegate(join(ours, ...path.slice(0, depth)));
  // All apps together weigh half of what serves and keeps them.
  await writeFile(join(base, "platform/cpu.weight"), "200").catch(nullIf(missing));
  return { ...hierarchy, controllers: controllersIn(apps), standing, base, apps };
}

/**
 * A cgroup that has processes cannot give controllers to those below it, and systemd starts a unit
 * in the very cgroup that it delegates: what is in there moves into one beside the apps, this
 * process too. Gives that one; null when nothing was there.
 */
async function vacate(base: string): Promise<string | null> {
  const pids = await pidsIn(base);
  if (pids.length === 0) return null;
  const platform = join(base, "platform");
  await mkdir(platform, { recursive: true });
  for (const pid of pids)
    await writeFile(join(platform, "cgroup.procs"), String(pid)).catch(nullIf(["ESRCH"]));
  return platform;
}

/** Gives the cgroups in a folder what the folder itself has of the controllers. */
function delegate(folder: string): void {
  const has = controllersIn(folder);
  const wanted = controllers.filter((name) => has.includes(name)).map((name) => `+${name}`);
  if (wanted.length > 0) writeFileSync(join(folder, "cgroup.subtree_control"), wanted.join(" "));
}

function controllersIn(folder: string): string[] {
  return readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
}

function createIn(place: Place, cgroup: CgroupName, limits: Limits): void {
  const folder = folderOf(place, cgroup);
  mkdirSync(dirname(folder), { recursive: true });
  if (place.version === 2) delegate(dirname(folder));
  mkdirSync(folder, { recursive: true });
  setLimits(place, cgroup, limits);
}

/**
 * At once: they are no files of a disk, and a row of them written one after the other would cost
 * every start some milliseconds.
 */
function setLimits(place: Place, cgroup: CgroupName, limits: Limits): void {
  // A build or a one-off command stands behind what serves visitors, where both want the processor.
  const priority = cgroup.name.startsWith("c") ? 1 / 8 : 1;
  for (const [controller, file, value] of limitSettings(place.version, limits, priority)) {
    if (!place.controllers.includes(controller)) continue;
    const [name = "", optional] = file.split("?");
    try {
      writeFileSync(join(folderOf(place, cgroup), name), String(value));
    } catch (error) {
      if (optional === undefined) throw error;
      nullIf([...missing, "EINVAL"])(error as NodeJS.ErrnoException);
    }
  }
}

async function appsIn(places: readonly Place[]): Promise<Map<number, Set<string>>> {
  const found = new Map<number, Set<string>>();
  for (const { apps } of places) {
    for (const app of await readdir(apps).catch(() => [])) {
      const uid = Number(/^u(\d+)$/.exec(app)?.[1] ?? 0);
      const entries = await readdir(join(apps, app), { withFileTypes: true }).catch(() => []);
      const names = entries.filter((it) => it.isDirectory()).map(({ name }) => name);
      if (uid > 0) found.set(uid, new Set([...(found.get(uid) ?? []), ...names]));
    }
  }
  return found;
}

async function removeApp(places: readonly Place[], uid: number): Promise<void> {
  for (const name of (await appsIn(places)).get(uid) ?? [])
    await removeFolders(places.map((place) => folderOf(place, { uid, name })));
  await removeFolders(places.map((place) => appFolder(place, uid)));
}

async function close(places: readonly Place[]): Promise<void> {
  for (const uid of (await appsIn(places)).keys()) await removeApp(places, uid);
  for (const { apps, base } of places)
    for (const folder of [apps, base, dirname(base)]) await rmdir(folder).catch(nullIf(inUse));
}

/**
 * Each folder is emptied before any is removed, as a process stands in all of them. Nothing new can
 * start meanwhile: the kernel stops forks, or kills at once.
 */
async function removeFolders(folders: readonly string[]): Promise<void> {
  const untilMs = performance.now() + killTimeoutMs;
  const order = (name: string, text: string) =>
    Promise.all(
      folders.map((it) =>
        writeFile(join(it, name), text).then(
          () => true,
          () => false,
        ),
      ),
    );
  await order("pids.max", "0");
  const atOnce = (await order("cgroup.kill", "1")).includes(true);
  for (let waitMs = 1; performance.now() < untilMs; waitMs = Math.min(50, waitMs * 2)) {
    const pids = (await Promise.all(folders.map(pidsIn))).flat();
    if (pids.length === 0) break;
    if (!atOnce) pids.forEach(killOne);
    await sleep(waitMs);
  }
  for (const folder of folders) {
    while (!(await removed(folder)) && performance.now() < untilMs) await sleep(5);
  }
}

async function pidsIn(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map(Number);
}

function killOne(pid: number): void {
  try {
    // 0 stands for a process that this program's own process namespace does not show.
    if (pid > 1) process.kill(pid, "SIGKILL");
  } catch (error) {
    nullIf(["ESRCH"])(error as NodeJS.ErrnoException);
  }
}

/** Whether a cgroup is gone; one that still has processes stays. */
async function removed(folder: string): Promise<boolean> {
  const isGone = (error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" || nullIf(["EBUSY"])(error) !== null;
  return rmdir(folder).then(() => true, isGone);
}

function appFolder({ apps }: Place, uid: number): string {
  assert(Number.isSafeInteger(uid) && uid > 0, `${uid} is no uid of an app`);
  return join(apps, `u${uid}`);
}

function folderOf(place: Place, { uid, name }: CgroupName): string {
  assert(/^[a-z][a-z0-9-]{0,80}$/.test(name), `${name} is no name of a cgroup`);
  return join(appFolder(place, uid), name);
}

/**
 * The file by which a process joins. In version 1 that of single threads, as moving only oneself is
 * what the kernel does at once; in version 2 threads may not leave their process.
 */
function joinName({ version }: Place): string {
  return version === 1 ? "tasks" : "cgroup.procs";
}

/** nft finds a cgroup by its path below the usual place alone. */
function placeForFence({ apps, mountedAt }: Place): Cgroups["unified"] {
  const path = relative("/sys/fs/cgroup", apps);
  const level = relative(mountedAt, apps).split("/").length;
  return path.startsWith("..") ? null : { path, level };
}

/** A file that this kernel does not have: making one in a cgroup is refused. */
const missing = ["ENOENT", "EACCES", "EPERM"];
/** Of a whole hierarchy. */
const refused = [...missing, "EROFS", "EBUSY", "EINVAL"];
/** Something is in there still, or it is not ours to remove. */
const inUse = [...missing, "EBUSY", "ENOTEMPTY"];
