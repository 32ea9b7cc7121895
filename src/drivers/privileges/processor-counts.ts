import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { CgroupPlace } from "#domain/realm.ts";
import { nullIf } from "#lib/files.ts";
import { parseNumbers } from "#lib/number-list.ts";
import { busyMs } from "#lib/processes.ts";
import { heldTo, idleFile } from "./cgroup-files.ts";

/** The folder of all apps, as seen from itself; and what is no name of a folder in it. */
export const [allApps, machine] = [".", "/"];

export type Counts = NonNullable<ReturnType<typeof countsIn>>;

/** What the kernel counts of processors that apps use, and is told of it; null where it cannot be told. */
export function countsIn(places: readonly CgroupPlace[]) {
  const placeOf = (controller: string) =>
    places.find(({ controllers }) => controllers.includes(controller));
  const [ordered, divided] = [placeOf("cpu"), placeOf("cpuset")];
  // Version 2 counts whether it limits or not.
  const counted = places.find(({ version }) => version === 2) ?? ordered;
  if (!ordered || !counted || !existsSync(join(ordered.apps, idleFile))) return null;
  const [file, ofOneMs] = counted.version === 2 ? ["cpu.stat", 1e3] : ["cpuacct.usage", 1e6];
  const usedIn = (folder: string) =>
    Number(/\d+/.exec(read(join(folder, file)))?.[0] ?? 0) / ofOneMs;
  return {
    apps: () => readdirSync(counted.apps).filter((name) => /^u\d+$/.test(name)),
    usedMs: (name: string) =>
      name === machine ? busyMs(read("/proc/stat")) : usedIn(join(counted.apps, name)),
    /** Of an app's, what its loggers used that are there now. */
    loggedMs: (name: string) =>
      foldersIn(join(counted.apps, name))
        .filter((it) => /^l\d+$/.test(basename(it)))
        .reduce((sum, it) => sum + usedIn(it), 0),
    isBehind: (name: string) => read(join(ordered.apps, name, idleFile)).trim() === "1",
    setBehind: (name: string, isBehind: boolean) =>
      void unlessGone(() =>
        writeFileSync(join(ordered.apps, name, idleFile), isBehind ? "1" : "0"),
      ),
    /** All that its instances and commands may use together. */
    coresMax: (name: string) =>
      foldersIn(join(ordered.apps, name)).reduce(
        (sum, it) => sum + coresOf(it, ordered.version),
        0,
      ),
    /** None where nobody can be kept to some. */
    processors: divided
      ? [...parseNumbers(read(join(divided.apps, allowedFiles[divided.version])))]
      : [],
    keepTo: (name: string, processors: readonly number[]) => {
      for (const folder of divided ? foldersIn(join(divided.apps, name)) : [])
        unlessGone(() => writeFileSync(join(folder, processorsFile), processors.join(",")));
    },
  };
}

const processorsFile = "cpuset.cpus";
const allowedFiles = { 1: "cpuset.effective_cpus", 2: "cpuset.cpus.effective" };

function read(path: string): string {
  return unlessGone(() => readFileSync(path, "utf8")) ?? "";
}

function foldersIn(folder: string): string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.filter((it) => it.isDirectory()).map(({ name }) => join(folder, name));
}

/** Infinity where nothing holds it. */
function coresOf(folder: string, version: 1 | 2): number {
  const files = version === 2 ? ["cpu.max"] : ["cpu.cfs_quota_us", "cpu.cfs_period_us"];
  const text = files.map((name) => read(join(folder, name)).trim()).join(" ");
  return heldTo({ "cpu.max": text }).cpu ?? Infinity;
}

/** An app's cgroup may be removed meanwhile. */
function unlessGone<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    return nullIf(["ENOENT", "ENODEV"])(error as NodeJS.ErrnoException);
  }
}
