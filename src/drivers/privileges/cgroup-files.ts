import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { appShareOfMemory } from "#domain/limit-notes.ts";
import type { Limits } from "#domain/limits.ts";
import type { controllers } from "#lib/cgroups.ts";

type Controller = (typeof controllers)[number];

/** What is written into one file of a cgroup; one with a question mark not every kernel has. */
type Setting = readonly [controller: Controller, file: string, value: number | string];

/**
 * Time on the processors is given out anew after each period. Whoever uses up all of it does so on
 * every processor at once, and nobody else gets far meanwhile, so a period is short; but what is
 * given out may not be less than a millisecond. @see sched-bwc.rst of the kernel
 */
const cpuPeriodsUs = { usual: 20_000, ofSmallShares: 100_000 };
const cpuQuotaUsMin = 1000;

/** Of an instance's memory, the part that its connections may hold. */
const socketShare = 4;
/**
 * Of the machine's memory, the part that all connections of an app may hold: half of what has the
 * kernel take memory from every connection of the machine. @see tcp(7), tcp_mem
 */
const socketShareOfMachine = 32;

/**
 * What holds a cgroup to its limits, in the order in which it is written.
 * @param priority Its share of busy processors for each core that it may use, usually 1.
 * @see cgroups(7)
 */
export function limitSettings(version: 1 | 2, limits: Limits, priority: number): Setting[] {
  const { memoryBytes, cpuCores, pids } = limits;
  const { usual, ofSmallShares } = cpuPeriodsUs;
  const period = cpuCores * usual < cpuQuotaUsMin ? ofSmallShares : usual;
  const quota = Math.max(cpuQuotaUsMin, Math.round(cpuCores * period));
  const share = (ofOne: number, most: number) =>
    Math.min(most, Math.max(2, Math.round(cpuCores * priority * ofOne)));
  if (version === 2) {
    return [
      ["pids", "pids.max", pids],
      ["memory", "memory.max", memoryBytes],
      ["memory", "memory.swap.max?", 0],
      ["memory", "memory.oom.group?", 1],
      // What was saved may be spent at once, as at a start; it may never be more than the quota.
      ["cpu", "cpu.max.burst?", 0],
      ["cpu", "cpu.max", `${quota} ${period}`],
      ["cpu", "cpu.max.burst?", quota],
      ["cpu", "cpu.weight", share(100, 10_000)],
    ];
  }
  return [
    ["pids", "pids.max", pids],
    // Memory and swap together may never be less than memory alone: first when it grows, else last.
    ["memory", "memory.memsw.limit_in_bytes?", memoryBytes],
    ["memory", "memory.limit_in_bytes", memoryBytes],
    ["memory", "memory.memsw.limit_in_bytes?", memoryBytes],
    // What connections hold is counted apart here, and nowhere unless there is a limit.
    ["memory", "memory.kmem.tcp.limit_in_bytes?", Math.floor(memoryBytes / socketShare)],
    ["cpu", "cpu.cfs_burst_us?", 0],
    ["cpu", "cpu.cfs_quota_us", -1],
    ["cpu", "cpu.cfs_period_us", period],
    ["cpu", "cpu.cfs_quota_us", quota],
    ["cpu", "cpu.cfs_burst_us?", quota],
    ["cpu", "cpu.shares", share(1024, 262_144)],
  ];
}

/**
 * What holds all of an app together, whatever each of its instances and commands may use: one app may
 * have most of the machine, and none all of it.
 */
export function ceilings(version: 1 | 2): Setting[] {
  const pidsMax = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"));
  const memoryBytes = Math.floor(totalmem() * appShareOfMemory);
  const pids: Setting = ["pids", "pids.max", Math.floor(pidsMax / 8)];
  if (version === 2) return [pids, ["memory", "memory.max", memoryBytes]];
  const socketBytes = Math.floor(totalmem() / socketShareOfMachine);
  return [
    pids,
    ["memory", "memory.limit_in_bytes", memoryBytes],
    ["memory", "memory.kmem.tcp.limit_in_bytes?", socketBytes],
  ];
}

/** Says 1 where others go first. @see cpu.idle in cgroup-v2.rst of the kernel, in both versions */
export const idleFile = "cpu.idle";

/** Of these, what tells the limits that are in force. */
export const limitFiles = [
  "memory.max",
  "memory.limit_in_bytes",
  "pids.max",
  "cpu.max",
  "cpu.cfs_quota_us",
  "cpu.cfs_period_us",
] as const;

/** What the files of a cgroup say, of version 1 or 2; null is no limit. */
export function heldTo(files: Readonly<Record<string, string>>) {
  const [quota = files["cpu.cfs_quota_us"], period = files["cpu.cfs_period_us"]] =
    files["cpu.max"]?.split(" ") ?? [];
  const [quotaUs, periodUs] = [cgroupLimit(quota), cgroupLimit(period)];
  return {
    memory: cgroupLimit(files["memory.max"] ?? files["memory.limit_in_bytes"]),
    cpu: quotaUs && periodUs ? quotaUs / periodUs : null,
    pids: cgroupLimit(files["pids.max"]),
  };
}

/** `max`, -1, and numbers beyond all memory mean that there is none. */
function cgroupLimit(text: string | undefined): number | null {
  const number = /^\d+$/.test(text ?? "") ? Number(text) : Infinity;
  return number < 2 ** 60 ? number : null;
}
