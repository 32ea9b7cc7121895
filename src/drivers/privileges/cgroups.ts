import { mkdirSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Limits } from "#domain/limits.ts";
import {
  appCgroup,
  cgroupFolder,
  memoryEventsFile,
  type CgroupName,
  type CgroupPlace,
} from "#domain/realm.ts";
import type { KernelUse } from "#domain/privileges.ts";
import { controllers, pidsIn } from "#lib/cgroups.ts";
import { nullIf, readIfThere } from "#lib/files.ts";
import { ceilings, idleFile, limitFiles, limitSettings } from "./cgroup-files.ts";

const killTimeoutMs = 5000;

/** Ends processes of a user, where the kernel does not end those of a cgroup at once. */
export type Kill = (uid: number, pids: readonly number[]) => Promise<void>;

/** The cgroups of apps, in the parts of the machine's that are ours. */
export class Cgroups {
  /** The controllers that this machine gives us; what is not among them is not limited. */
  readonly controllers: readonly (typeof controllers)[number][];
  readonly #places: readonly CgroupPlace[];
  readonly #kill: Kill;

  constructor(places: readonly CgroupPlace[], kill: Kill) {
    this.#places = places;
    this.#kill = kill;
    this.controllers = controllers.filter((name) =>
      places.some((it) => it.controllers.includes(name)),
    );
  }

  /** Makes a cgroup, or takes the one that is there, and sets its limits. */
  create(cgroup: CgroupName, limits: Limits): void {
    for (const place of this.#places) {
      const app = appCgroup(place, cgroup.uid);
      mkdirSync(app, { recursive: true });
      if (place.version === 2) delegate(place, app);
      hold(place, app, ceilings(place.version));
      mkdirSync(cgroupFolder(place, cgroup), { recursive: true });
    }
    this.update(cgroup, limits);
  }

  /** Changes the limits of what runs. Memory below what is in use makes the kernel take it back. */
  update(cgroup: CgroupName, limits: Limits): void {
    // A build or a one-off command stands behind what serves visitors, where both want the processor.
    const priority = cgroup.name.startsWith("c") ? 1 / 8 : 1;
    for (const place of this.#places)
      hold(place, cgroupFolder(place, cgroup), limitSettings(place.version, limits, priority));
  }

  /** Ends everything in it and removes it; does nothing when it is gone. */
  remove(cgroup: CgroupName): Promise<void> {
    const folders = this.#places.map((place) => cgroupFolder(place, cgroup));
    return removeFolders(folders, (pids) => this.#kill(cgroup.uid, pids));
  }

  /** Makes an app's part of the tree, by which the fence knows it. */
  async ensureApp(uid: number): Promise<void> {
    for (const place of this.#places) await mkdir(appCgroup(place, uid), { recursive: true });
  }

  /** Ends everything of an app and removes its part of the tree. */
  async removeApp(uid: number): Promise<void> {
    for (const name of (await this.apps()).get(uid) ?? []) await this.remove({ uid, name });
    const folders = this.#places.map((place) => appCgroup(place, uid));
    await removeFolders(folders, (pids) => this.#kill(uid, pids));
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

  /** How often the kernel killed there for lack of memory. */
  async kills(cgroup: CgroupName): Promise<number> {
    const file = memoryEventsFile({ cgroups: this.#places }, cgroup);
    const text = file === null ? null : await readUnlessGone(file);
    return Number(/^oom_kill (\d+)$/m.exec(text ?? "")?.[1] ?? 0);
  }

  async use(cgroup: CgroupName): Promise<KernelUse> {
    const files = this.#places.map((place) => join(appCgroup(place, cgroup.uid), idleFile));
    const idle = await Promise.all(files.map(readUnlessGone));
    const isBehind = idle.some((text) => text?.trim() === "1");
    return { memoryBytes: await this.memory(cgroup), isBehind };
  }

  /**
   * What it uses of what its limit counts, but for files that the kernel keeps only while nobody needs
   * the room; null where nothing counts it.
   */
  async memory(cgroup: CgroupName): Promise<number | null> {
    const place = this.#places.find((it) => it.controllers.includes("memory"));
    if (!place) return null;
    const read = (name: string) => readUnlessGone(join(cgroupFolder(place, cgroup), name));
    const current = place.version === 2 ? "memory.current" : "memory.usage_in_bytes";
    const [used, stat] = await Promise.all([read(current), read("memory.stat")]);
    if (used === null || stat === null) return null;
    return Math.max(0, Number(used) - Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0));
  }

  /** What its files of limits say; null when one of these processes is outside of it. */
  async look(cgroup: CgroupName, pids: readonly number[]): Promise<Record<string, string> | null> {
    const found: Record<string, string> = {};
    for (const place of this.#places) {
      const folder = cgroupFolder(place, cgroup);
      const members = new Set(await pidsIn(folder));
      if (!pids.every((pid) => members.has(pid))) return null;
      for (const name of limitFiles) {
        const text = await readUnlessGone(join(folder, name));
        if (text !== null) found[name] = text.trim();
      }
    }
    return found;
  }
}

/** A cgroup may be removed while one of its files is read. */
async function readUnlessGone(path: string): Promise<string | null> {
  return readIfThere(path).catch(nullIf(["ENODEV"]));
}

/** Gives the cgroups of an app what all apps have of the controllers. */
function delegate({ controllers: given }: CgroupPlace, app: string): void {
  const wanted = controllers.filter((name) => given.includes(name)).map((name) => `+${name}`);
  if (wanted.length > 0) writeFileSync(join(app, "cgroup.subtree_control"), wanted.join(" "));
}

/**
 * At once: they are no files of a disk, and a row of them written one after the other would cost
 * every start some milliseconds.
 */
function hold(
  place: CgroupPlace,
  folder: string,
  settings: ReturnType<typeof limitSettings>,
): void {
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
async function removeFolders(
  folders: readonly string[],
  kill: (pids: readonly number[]) => Promise<void>,
): Promise<void> {
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
    if (!atOnce) await kill(pids.filter((it) => it > 1));
    await sleep(waitMs);
  }
  for (const folder of folders) {
    while (!(await removed(folder)) && performance.now() < untilMs) await sleep(5);
  }
}

/** Whether a cgroup is gone; one that still has processes stays. */
async function removed(folder: string): Promise<boolean> {
  const isGone = (error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" || nullIf(["EBUSY"])(error) !== null;
  return rmdir(folder).then(() => true, isGone);
}

/** A file that this kernel does not have: making one in a cgroup is refused. */
const missing = ["ENOENT", "EACCES", "EPERM"];
