import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import type { Machine } from "#domain/metrics.ts";

const ticksToMs = 10;

/** The machine as Linux counts it; the disk is the one under `home`. @see proc(5) */
export function createLinuxMachine(home: string): Machine {
  return {
    freeDiskBytes: async () => {
      const { bavail, bsize } = await statfs(home);
      return bavail * bsize;
    },
    usage: async () => {
      const [stat, memory, disk] = await Promise.all([
        readFile("/proc/stat", "utf8"),
        readFile("/proc/meminfo", "utf8"),
        statfs(home),
      ]);
      const kib = (name: string) =>
        Number(new RegExp(String.raw`^${name}:\s+(\d+)`, "m").exec(memory)?.[1] ?? 0) * 1024;
      const memoryTotalBytes = kib("MemTotal");
      const diskTotalBytes = disk.blocks * disk.bsize;
      return {
        cores: cpus().length || availableParallelism(),
        cpuMs: busyTicks(stat) * ticksToMs,
        memoryBytes: memoryTotalBytes - kib("MemAvailable"),
        memoryTotalBytes,
        // What an ordinary account cannot have counts as used.
        diskBytes: diskTotalBytes - disk.bavail * disk.bsize,
        diskTotalBytes,
        load: loadavg()[0] ?? 0,
      };
    },
  };
}

/** All but idle and waiting for disks; what guests use is counted among the others already. */
function busyTicks(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(stat)?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}
