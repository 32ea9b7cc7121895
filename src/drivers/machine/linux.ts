import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import type { Machine } from "#domain/metrics.ts";
import { busyMs } from "#lib/processes.ts";

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
        cpuMs: busyMs(stat),
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
