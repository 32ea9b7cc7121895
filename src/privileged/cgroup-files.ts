import { readFileSync, writeFileSync } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Limits, Usage } from "#domain/limits.ts";
import { readIfThere } from "#lib/files.ts";

/**
 * Time on the processors is given out anew after each period. Whoever uses up all of it does so on
 * every processor at once, and nobody else gets far meanwhile, so a period is short; but what is
 * given out may not be less than a millisecond. @see sched-bwc.rst of the kernel
 */
const cpuPeriodsUs = { usual: 20_000, ofSmallShares: 100_000 };
const cpuQuotaUsMin = 1000;

/** Berth's part of one hierarchy. */
export type Place = {
  readonly version: 1 | 2;
  readonly controllers: ReadonlySet<string>;
  readonly mountedAt: string;
  /** Where this process stands in version 2; null in version 1. */
  readonly own: string | null;
  readonly base: string;
  /** Holds a folder for each app, and that one for each of its cgroups. */
  readonly apps: string;
};

/**
 * Writes what a cgroup may use into the files that the kernel gives it. At once: they are no files
 * of a disk, and a row of them written one after the other would cost every start some milliseconds.
 */
export function setLimits(place: Place, folder: string, limits: Limits): void {
  const { periodUs, quotaUs } = bandwidthOf(limits.cpuCores);
  const set = (name: string, text: string) => writeFileSync(join(folder, name), text);
  if (place.controllers.has("pids")) set("pids.max", String(limits.pids));
  if (place.version === 2) {
    if (place.controllers.has("cpu")) {
      // Never more than the quota, also for a moment.
      unlessMissing(() => set("cpu.max.burst", "0"));
      set("cpu.max", `${quotaUs} ${periodUs}`);
      unlessMissing(() => set("cpu.max.burst", String(quotaUs)));
    }
    if (!place.controllers.has("memory")) return;
    set("memory.max", String(limits.memoryBytes));
    // Absent where the kernel keeps no account of swap; then there is none to grow into.
    unlessMissing(() => set("memory.swap.max", "0"));
    unlessMissing(() => set("memory.oom.group", "1"));
    return;
  }
  if (place.controllers.has("cpu")) {
    setCpu1(folder, { periodUs, quotaUs });
  }
  if (place.controllers.has("memory")) setMemory1(folder, limits.memoryBytes);
}

/** Sets how much of its app's share of busy processors a cgroup gets, beside the app's others. */
export function setWeight({ version, controllers }: Place, folder: string, weight: number): void {
  if (!controllers.has("cpu")) return;
  const [name, ofOneCore, most] =
    version === 2 ? ["cpu.weight", 100, 10_000] : ["cpu.shares", 1024, 262_144];
  const value = Math.min(most, Math.max(2, Math.round(weight * ofOneCore)));
  writeFileSync(join(folder, name), String(value));
}

type Bandwidth = { readonly periodUs: number; readonly quotaUs: number };

function bandwidthOf(cores: number): Bandwidth {
  const { usual, ofSmallShares } = cpuPeriodsUs;
  const periodUs = cores * usual < cpuQuotaUsMin ? ofSmallShares : usual;
  return { periodUs, quotaUs: Math.max(cpuQuotaUsMin, Math.round(cores * periodUs)) };
}

/** What was saved may be spent at once, as at a start: as much again, which no quota may be below. */
function setCpu1(folder: string, { periodUs, quotaUs }: Bandwidth): void {
  const set = (name: string, value: number) => writeFileSync(join(folder, name), String(value));
  unlessMissing(() => set("cpu.cfs_burst_us", 0));
  set("cpu.cfs_quota_us", -1);
  set("cpu.cfs_period_us", periodUs);
  set("cpu.cfs_quota_us", quotaUs);
  unlessMissing(() => set("cpu.cfs_burst_us", quotaUs));
}

/** Memory and swap together may never be less than memory alone, so which is set first depends. */
function setMemory1(folder: string, bytes: number): void {
  const file = join(folder, "memory.limit_in_bytes");
  const plain = () => writeFileSync(file, String(bytes));
  const withSwap = () =>
    unlessMissing(() => writeFileSync(join(folder, "memory.memsw.limit_in_bytes"), String(bytes)));
  const isRaised = bytes > Number(readFileSync(file, "utf8"));
  for (const set of isRaised ? [withSwap, plain] : [plain, withSwap]) set();
}

function unlessMissing(set: () => void): void {
  try {
    set();
  } catch (error) {
    ignore(missing)(error as NodeJS.ErrnoException);
  }
}

/** The file that counts kills for lack of memory. */
export function memoryEventsName(place: Place): string {
  return place.version === 2 ? "memory.events" : "memory.oom_control";
}

/** What a cgroup uses, given its folder in each place; null when it is gone. */
export async function usageIn(
  folders: readonly (readonly [Place, string])[],
): Promise<Usage | null> {
  const usage = { memoryBytes: 0, cpuMs: 0, pids: 0, outOfMemory: 0 };
  for (const [place, folder] of folders) {
    const read = async (name: string) => (await readIfThere(join(folder, name))) ?? "";
    if (!(await isThere(folder))) return null;
    if (place.controllers.has("memory")) {
      const name = place.version === 2 ? "memory.current" : "memory.usage_in_bytes";
      const stats = await read("memory.stat");
      const droppable = place.version === 2 ? "inactive_file" : "total_inactive_file";
      usage.memoryBytes = Math.max(0, Number(await read(name)) - field(stats, droppable));
      usage.outOfMemory = killsIn(await read(memoryEventsName(place)));
    }
    if (place.controllers.has("pids")) usage.pids = Number(await read("pids.current"));
    if (place.controllers.has("cpuacct")) usage.cpuMs = Number(await read("cpuacct.usage")) / 1e6;
    if (place.version === 2 && place.controllers.has("cpu"))
      usage.cpuMs = field(await read("cpu.stat"), "usage_usec") / 1000;
  }
  return { ...usage, cpuMs: Math.round(usage.cpuMs) };
}

/** Limits that the kernel has for a cgroup; null is no limit. */
export type HeldLimits = Readonly<Record<"memory" | "cpu" | "pids", number | null>>;

/** Reads back what `setLimits` writes, given a cgroup's folder in each place. */
export async function limitsIn(
  folders: readonly (readonly [Place, string])[],
): Promise<HeldLimits> {
  const read = async (controller: string, of1: string, of2: string) => {
    const [place, folder] = folders.find(([it]) => it.controllers.has(controller)) ?? [];
    if (!place || folder === undefined) return null;
    const text = await readIfThere(join(folder, place.version === 2 ? of2 : of1));
    return text?.trim() ?? null;
  };
  const [memory, pids, quota, period] = await Promise.all([
    read("memory", "memory.limit_in_bytes", "memory.max"),
    read("pids", "pids.max", "pids.max"),
    read("cpu", "cpu.cfs_quota_us", "cpu.max"),
    read("cpu", "cpu.cfs_period_us", "cpu.max"),
  ]);
  const [quotaUs, periodUs] = [quota?.split(" ").at(0), period?.split(" ").at(-1)].map(limitOf);
  return {
    memory: limitOf(memory),
    pids: limitOf(pids),
    cpu: quotaUs && periodUs ? quotaUs / periodUs : null,
  };
}

/** `max`, -1, and numbers beyond all memory mean that there is none. */
function limitOf(text: string | null | undefined): number | null {
  const number = /^\d+$/.test(text ?? "") ? Number(text) : Infinity;
  return number < 2 ** 60 ? number : null;
}

/** How often the kernel killed for lack of memory, from memory.events or memory.oom_control. */
export function killsIn(memoryEvents: string): number {
  return field(memoryEvents, "oom_kill");
}

/** A number from a file of `name value` lines; 0 when it is not there. */
function field(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

/** One write call, as the kernel takes each as one order. */
export async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text);
}

/** A file that this kernel does not have: making one in a cgroup is refused. */
export const missing = ["ENOENT", "EACCES", "EPERM"];

export function ignore(codes: readonly string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!codes.includes(error.code ?? "")) throw error;
  };
}

async function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
