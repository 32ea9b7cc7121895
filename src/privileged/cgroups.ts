import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Limits } from "#domain/limits.ts";
import { parseHierarchies, type Hierarchy } from "#lib/cgroups.ts";
import { nullIf, readIfThere } from "#lib/files.ts";
import { ceilings, controllers, limitFiles, limitSettings } from "./cgroup-files.ts";
import { signal } from "./processes.ts";

const killTimeoutMs = 5000;

/** A cgroup of one instance or one command: whose it is, and a name that is unique for it. */
export type CgroupName = { readonly uid: number; readonly name: string };

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
  const usable = hierarchies ?? (await readHierarchies());
  const places: Place[] = [];
  // Version 2 first: what it controls, version 1 cannot, and it ends all processes at once.
  for (const hierarchy of usable.toSorted((a, b) => b.version - a.version)) {
    // One in which we may make nothing is left out: its limits are then said not to hold.
    const place = await openPlace(hierarchy, key).catch(nullIf(refused));
    if (place !== null) places.push(place);
  }
  return new Cgroups(places);
}

export class Cgroups {
  /** The controllers that this machine gives us; what is not among them is not limited. */
  readonly controllers: readonly (typeof controllers)[number][];
  /**
   * The folder of all apps in the hierarchy of version 2, by which the fence knows them: its path
   * below /sys/fs/cgroup, and how deep it is in the hierarchy. Null where version 2 is not there.
   */
  readonly unified: { readonly path: string; readonly level: number } | null;
  readonly #places: readonly Place[];

  constructor(places: readonly Place[]) {
    this.#places = places;
    this.controllers = controllers.filter((name) =>
      places.some((it) => it.controllers.includes(name)),
    );
    this.unified = placeForFence(places);
  }

  /** Makes a cgroup, or takes the one that is there, and sets its limits. */
  create(cgroup: CgroupName, limits: Limits): void {
    for (const place of this.#places) {
      const app = appFolder(place, cgroup.uid);
      mkdirSync(app, { recursive: true });
      if (place.version === 2) delegate(app);
      hold(place, app, ceilings(place.version));
      mkdirSync(folderOf(place, cgroup), { recursive: true });
    }
    this.update(cgroup, limits);
  }

  /** Changes the limits of what runs. Memory below what is in use makes the kernel take it back. */
  update(cgroup: CgroupName, limits: Limits): void {
    // A build or a one-off command stands behind what serves visitors, where both want the processor.
    const priority = cgroup.name.startsWith("c") ? 1 / 8 : 1;
    for (const place of this.#places)
      hold(place, folderOf(place, cgroup), limitSettings(place.version, limits, priority));
  }

  /** Files into which a process writes 0, for itself, to join, before it does anything else. */
  joinFiles(cgroup: CgroupName): string[] {
    return this.#places.map((place) => join(folderOf(place, cgroup), joinName(place)));
  }

  /**
   * Makes the next join quick. Before a process changes its cgroup the kernel waits for every
   * processor, some 7 ms, but not again for a while: so this waits while other things are done. To
   * join where it stands already moves nothing, and waits all the same.
   */
  async hasten(): Promise<void> {
    const unified = this.#places.find(({ version }) => version === 2);
    if (unified) await writeFile(join(unified.standing, "cgroup.procs"), "0").catch(() => {});
  }

  /** Ends everything in it and removes it; does nothing when it is gone. */
  remove(cgroup: CgroupName): Promise<void> {
    return removeFolders(this.#places.map((place) => folderOf(place, cgroup)));
  }

  /** Makes an app's part of the tree, by which the fence knows it. */
  async ensureApp(uid: number): Promise<void> {
    for (const place of this.#places) await mkdir(appFolder(place, uid), { recursive: true });
  }

  /** Ends everything of an app and removes its part of the tree. */
  async removeApp(uid: number): Promise<void> {
    for (const name of (await this.apps()).get(uid) ?? []) await this.remove({ uid, name });
    await removeFolders(this.#places.map((place) => appFolder(place, uid)));
  }

  /** Apps that have a part of the tree, each with the names of its cgroups. */
  async apps(): Promise<Map<number, Set<string>>> {
    const found = new Map<number, Set<string>>();
    for (const { apps } of this.#places) {
      for (const app of await readdir(apps).catch(() => [])) {
        const uid = Number(/^u(\d+)$/.exec(app)?.[1] ?? 0);
        const entries = await readdir(join(apps, app), { withFileTypes: true }).catch(() => []);
        const names = entries.filter((it) => it.isDirectory()).map(({ name }) => name);
        if (uid > 0) found.set(uid, new Set([...(found.get(uid) ?? []), ...names]));
      }
    }
    return found;
  }

  /** Removes everything of Berth's, as far as it is empty. */
  async close(): Promise<void> {
    for (const uid of (await this.apps()).keys()) await this.removeApp(uid);
    for (const { apps, base } of this.#places)
      for (const folder of [apps, base, dirname(base)]) await rmdir(folder).catch(nullIf(inUse));
  }

  /** The file that counts kills for lack of memory, for whoever notes how something ended. */
  memoryEventsFile(cgroup: CgroupName): string | null {
    const place = this.#places.find((it) => it.controllers.includes("memory"));
    const name = place?.version === 2 ? "memory.events" : "memory.oom_control";
    return place ? join(folderOf(place, cgroup), name) : null;
  }

  /** How many of these there were. */
  async kills(cgroup: CgroupName): Promise<number> {
    const file = this.memoryEventsFile(cgroup);
    const text = file === null ? null : await readIfThere(file);
    return Number(/^oom_kill (\d+)$/m.exec(text ?? "")?.[1] ?? 0);
  }

  /** What its files of limits say; null when one of these processes is outside of it. */
  async look(cgroup: CgroupName, pids: readonly number[]): Promise<Record<string, string> | null> {
    const found: Record<string, string> = {};
    for (const place of this.#places) {
      const folder = folderOf(place, cgroup);
      const members = new Set(await pidsIn(folder));
      if (!pids.every((pid) => members.has(pid))) return null;
      for (const name of limitFiles) {
        const text = await readIfThere(join(folder, name));
        if (text !== null) found[name] = text.trim();
      }
    }
    return found;
  }
}

async function readHierarchies(): Promise<Hierarchy[]> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const memberships = await readFile("/proc/self/cgroup", "utf8");
  return parseHierarchies(mounts, memberships).filter(
    (it) => it.version === 2 || controllers.some((name) => it.controllers.includes(name)),
  );
}

/**
 * Where Berth's own cgroups begin in a hierarchy, and from where on nobody else manages them.
 * systemd gives a unit with `Delegate=yes` its part of the tree; everywhere else they stand at the
 * top, as those of containers do.
 * @see systemd.resource-control(5), https://systemd.io/CGROUP_DELEGATION
 */
export function baseIn({ mountedAt, own }: Hierarchy, key: string): { base: string; ours: string } {
  const unit = /^(?:\/[^/]+)*?\/[^/]+\.service(?=\/|$)/.exec(own)?.[0];
  if (unit === undefined) return { base: join(mountedAt, "berth", key), ours: mountedAt };
  return { base: join(mountedAt, unit), ours: join(mountedAt, unit) };
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

/**
 * At once: they are no files of a disk, and a row of them written one after the other would cost
 * every start some milliseconds.
 */
function hold(place: Place, folder: string, settings: ReturnType<typeof limitSettings>): void {
  for (const [controller, file, value] of settings) {
    if (!place.controllers.includes(controller)) continue;
    const [name = "", optional] = file.split("?");
    try {
      writeFileSync(join(folder, name), String(value));
    } catch (error) {
      if (optional === undefined) throw error;
      nullIf([...missing, "EINVAL"])(error as NodeJS.ErrnoException);
    }
  }
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
    // 0 stands for a process that this program's own process namespace does not show.
    for (const pid of atOnce ? [] : pids.filter((it) => it > 1)) signal(pid, "SIGKILL");
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
function placeForFence(places: readonly Place[]): Cgroups["unified"] {
  const place = places.find(({ version }) => version === 2);
  if (!place) return null;
  const path = relative("/sys/fs/cgroup", place.apps);
  const level = relative(place.mountedAt, place.apps).split("/").length;
  return path.startsWith("..") ? null : { path, level };
}

/** A file that this kernel does not have: making one in a cgroup is refused. */
const missing = ["ENOENT", "EACCES", "EPERM"];
/** Of a whole hierarchy. */
const refused = [...missing, "EROFS", "EBUSY", "EINVAL"];
/** Something is in there still, or it is not ours to remove. */
const inUse = [...missing, "EBUSY", "ENOTEMPTY"];
