import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile, rmdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Limits, Usage } from "#domain/limits.ts";
import { readIfThere } from "#lib/files.ts";
import {
  ignore,
  limitsIn,
  memoryEventsName,
  missing,
  setLimits,
  setWeight,
  usageIn,
  write,
  type HeldLimits,
  type Place,
} from "./cgroup-files.ts";
import { baseIn, parseHierarchies, type Hierarchy } from "./cgroup-places.ts";

/** What is limited, and needs the kernel's help for it. */
const controllers = ["memory", "cpu", "pids"] as const;
type Controller = (typeof controllers)[number];
const killTimeoutMs = 5000;

/** A cgroup of one instance or one command: whose it is, and a name that is unique for it. */
export type CgroupName = { readonly uid: number; readonly name: string };

export type Cgroups = {
  /** The controllers that this machine gives us; what is not among them is not limited. */
  readonly controllers: readonly Controller[];
  /** Makes a cgroup, or takes the one that is there, and sets its limits. */
  readonly create: (cgroup: CgroupName, limits: Limits) => Promise<void>;
  /** Files into which a process writes 0, for itself, to join, before it does anything else. */
  readonly joinFiles: (cgroup: CgroupName) => string[];
  /**
   * Makes the next join quick. Before a process changes its cgroup the kernel waits for every
   * processor, some 7 ms, but not again for a while: so this waits while other things are done.
   */
  readonly hasten: () => Promise<void>;
  /** Changes the limits of what runs. Memory below what is in use makes the kernel take it back. */
  readonly update: (cgroup: CgroupName, limits: Limits) => Promise<void>;
  /** Ends everything in it and removes it; does nothing when it is gone. */
  readonly remove: (cgroup: CgroupName) => Promise<void>;
  /** Makes an app's part of the tree, by which the fence knows it. */
  readonly ensureApp: (uid: number) => Promise<void>;
  /** Ends everything of an app and removes its part of the tree. */
  readonly removeAll: (uid: number) => Promise<void>;
  /** Removes Berth's own part of the tree, as far as it is empty. */
  readonly close: () => Promise<void>;
  readonly usage: (cgroup: CgroupName) => Promise<Usage | null>;
  /** What the kernel holds it to at this moment; null is no limit. */
  readonly limits: (cgroup: CgroupName) => Promise<HeldLimits>;
  /** Processes that are in it, in every hierarchy. */
  readonly members: (cgroup: CgroupName) => Promise<number[]>;
  /** The file that counts kills for lack of memory, for whoever notes how something ended. */
  readonly memoryEventsFile: (cgroup: CgroupName) => string | null;
  /** Apps that have a part of the tree. */
  readonly uids: () => Promise<number[]>;
  /** Names of all cgroups of an app. */
  readonly list: (uid: number) => Promise<string[]>;
  /**
   * The folder of all apps in the hierarchy of version 2, by which the fence knows them: its path
   * below /sys/fs/cgroup, and how deep it is in the hierarchy. Null where version 2 is not there.
   */
  readonly unified: { readonly path: string; readonly level: number } | null;
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
  const found = new Set<string>();
  // Version 2 first: what it controls, version 1 cannot.
  const usable = hierarchies ?? (await readHierarchies());
  for (const hierarchy of usable.toSorted((a, b) => b.version - a.version)) {
    const place = await openPlace(hierarchy, key).catch(nullIfRefused);
    if (place === null) continue;
    for (const name of place.controllers) found.add(name);
    places.push(place);
  }
  const has = (name: string) => found.has(name);
  const all = (cgroup: CgroupName) => places.map((place) => folderOf(place, cgroup));
  const unified = places.find(({ version }) => version === 2);
  const memory = places.find((place) => place.controllers.has("memory"));
  return {
    controllers: controllers.filter(has),
    create: async (cgroup, limits) => places.forEach((it) => createIn(it, cgroup, limits)),
    joinFiles: (cgroup) => places.map((place) => join(folderOf(place, cgroup), joinName(place))),
    hasten: async () => hasten(unified),
    update: async (cgroup, limits) => {
      for (const place of places) setLimits(place, folderOf(place, cgroup), limits);
    },
    remove: (cgroup) => removeFolders(all(cgroup)),
    close: async () => {
      for (const { apps, base } of places) {
        for (const folder of [apps, base, dirname(base)]) await rmdir(folder).catch(ignoreInUse);
      }
    },
    ensureApp: async (uid) => {
      for (const { apps } of places) await mkdir(appFolder(apps, uid), { recursive: true });
    },
    removeAll: async (uid) => {
      const folders = places.map(({ apps }) => appFolder(apps, uid));
      for (const name of await namesOf(places, uid)) await removeFolders(all({ uid, name }));
      await removeFolders(folders);
    },
    usage: (cgroup) => usageIn(places.map((place) => [place, folderOf(place, cgroup)])),
    limits: (cgroup) => limitsIn(places.map((place) => [place, folderOf(place, cgroup)])),
    members: (cgroup) => membersOf(all(cgroup)),
    memoryEventsFile: (cgroup) =>
      memory === undefined ? null : join(folderOf(memory, cgroup), memoryEventsName(memory)),
    list: (uid) => namesOf(places, uid),
    uids: () => uidsIn(places),
    unified: unified ? placeForFence(unified) : null,
  };
}

async function readHierarchies(): Promise<Hierarchy[]> {
  const useful = [...controllers, "cpuacct"] as readonly string[];
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const memberships = await readFile("/proc/self/cgroup", "utf8");
  return parseHierarchies(mounts, memberships).filter(
    (it) => it.version === 2 || it.controllers.some((name) => useful.includes(name)),
  );
}

async function openPlace(hierarchy: Hierarchy, key: string): Promise<Place> {
  const { base, ours } = baseIn(hierarchy, key);
  const { mountedAt } = hierarchy;
  const apps = join(base, "apps");
  await mkdir(apps, { recursive: true });
  // What somebody else has made there can be seen where all is read-only, as in a container.
  await access(apps, constants.W_OK);
  if (hierarchy.version === 1) {
    const has = new Set(hierarchy.controllers);
    return { version: 1, controllers: has, mountedAt, own: null, base, apps };
  }
  const own = (await vacate(base)) ?? join(mountedAt, hierarchy.own);
  const path = relative(ours, apps).split("/");
  delegate(ours);
  for (const index of path.keys()) delegate(join(ours, ...path.slice(0, index + 1)));
  const given = await readIfThere(join(apps, "cgroup.controllers"));
  // All apps together weigh half of what serves and keeps them.
  await write(join(base, "platform", "cpu.weight"), "200").catch(ignore(missing));
  return {
    version: 2,
    controllers: new Set((given ?? "").trim().split(" ")),
    mountedAt,
    own,
    base,
    apps,
  };
}

/**
 * A cgroup that has processes cannot give controllers to those below it, and systemd starts a unit
 * in the very cgroup that it delegates: what is in there moves into one beside the apps, this
 * process too. Gives that one; null when nothing was there.
 */
async function vacate(base: string): Promise<string | null> {
  const pids = ((await readIfThere(join(base, "cgroup.procs"))) ?? "").split("\n").filter(Boolean);
  if (pids.length === 0) return null;
  const platform = join(base, "platform");
  await mkdir(platform, { recursive: true });
  for (const pid of pids) {
    await write(join(platform, "cgroup.procs"), pid).catch(ignore(["ESRCH"]));
  }
  return platform;
}

/** Gives the cgroups in a folder what the folder itself has of the controllers. */
function delegate(folder: string): void {
  const has = readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
  const wanted = controllers.filter((name) => has.includes(name)).map((name) => `+${name}`);
  if (wanted.length > 0) writeFileSync(join(folder, "cgroup.subtree_control"), wanted.join(" "));
}

function createIn(place: Place, cgroup: CgroupName, limits: Limits): void {
  const folder = folderOf(place, cgroup);
  mkdirSync(dirname(folder), { recursive: true });
  if (place.version === 2) delegate(dirname(folder));
  mkdirSync(folder, { recursive: true });
  setLimits(place, folder, limits);
  setWeight(place, folder, limits.cpuCores * (isCommand(cgroup) ? weightOfCommands : 1));
}

/** A build or a one-off command stands behind what serves visitors, where both want the processor. */
const weightOfCommands = 1 / 8;

function isCommand({ name }: CgroupName): boolean {
  return name.startsWith("c");
}

/** Each folder is emptied before any is removed, as a process stands in all of them. */
async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await killAll(folder);
  const until = performance.now() + killTimeoutMs;
  for (const folder of folders) {
    while (!(await removed(folder)) && performance.now() < until) await sleep(5);
  }
}

/** Nothing new can start while what is there is killed: the kernel stops forks, or kills at once. */
async function killAll(folder: string): Promise<void> {
  await write(join(folder, "pids.max"), "0").catch(ignore(missing));
  const atOnce = await write(join(folder, "cgroup.kill"), "1").then(
    () => true,
    () => false,
  );
  const until = performance.now() + killTimeoutMs;
  for (let waitMs = 1; performance.now() < until; waitMs = Math.min(50, waitMs * 2)) {
    const pids = await pidsIn(folder);
    if (pids.length === 0) return;
    if (!atOnce) for (const pid of pids) killOne(pid);
    await sleep(waitMs);
  }
}

async function pidsIn(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map(Number);
}

async function membersOf(folders: readonly string[]): Promise<number[]> {
  const [first = [], ...others] = await Promise.all(folders.map(pidsIn));
  return first.filter((pid) => others.every((pids) => pids.includes(pid)));
}

function killOne(pid: number): void {
  try {
    // 0 stands for a process that this program's own process namespace does not show.
    if (pid > 1) process.kill(pid, "SIGKILL");
  } catch (error) {
    ignore(["ESRCH"])(error as NodeJS.ErrnoException);
  }
}

/** Whether a cgroup is gone; one that still has processes stays. */
async function removed(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return true;
      if (error.code === "EBUSY") return false;
      throw error;
    },
  );
}

async function namesOf(places: readonly Place[], uid: number): Promise<string[]> {
  const names = new Set<string>();
  for (const { apps } of places) {
    const entries = await readdir(join(apps, `u${uid}`), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) names.add(entry.name);
  }
  return [...names].toSorted();
}

async function uidsIn(places: readonly Place[]): Promise<number[]> {
  const names = await Promise.all(places.map(({ apps }) => readdir(apps).catch(() => [])));
  const uids = names.flat().flatMap((name) => /^u(\d+)$/.exec(name)?.[1] ?? []);
  return [...new Set(uids.map(Number))];
}

function appFolder(apps: string, uid: number): string {
  assert(Number.isSafeInteger(uid) && uid > 0, `${uid} is no uid of an app`);
  return join(apps, `u${uid}`);
}

function folderOf({ apps }: Place, { uid, name }: CgroupName): string {
  assert(/^[a-z][a-z0-9-]{0,80}$/.test(name), `${name} is no name of a cgroup`);
  return join(appFolder(apps, uid), name);
}

/**
 * The file by which a process joins. In version 1 that of single threads, as moving only oneself is
 * what the kernel does at once; in version 2 threads may not leave their process.
 */
function joinName({ version }: Place): string {
  return version === 1 ? "tasks" : "cgroup.procs";
}

/** To join where it stands already moves nothing, and waits all the same. */
async function hasten(unified: Place | undefined): Promise<void> {
  if (unified?.own) await write(join(unified.own, joinName(unified)), "0").catch(() => {});
}

/** nft finds a cgroup by its path below the usual place alone. */
function placeForFence({ apps, mountedAt }: Place): Cgroups["unified"] {
  const path = relative("/sys/fs/cgroup", apps);
  return path.startsWith("..")
    ? null
    : { path, level: relative(mountedAt, apps).split("/").length };
}

/** Something is in there still, or it is not ours to remove. */
const ignoreInUse = ignore(["ENOENT", "EBUSY", "ENOTEMPTY", "EPERM", "EACCES"]);

/** A hierarchy in which we may make nothing is left out: its limits are then said not to hold. */
function nullIfRefused(error: NodeJS.ErrnoException): null {
  if (["EACCES", "EPERM", "EROFS", "EBUSY", "ENOENT", "EINVAL"].includes(error.code ?? "")) {
    return null;
  }
  throw error;
}
