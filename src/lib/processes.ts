import { readdirSync, readFileSync } from "node:fs";
import { exec, ExecError } from "./exec.ts";

/** A process as the kernel counts it. */
export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  /** User and system time, its own and that of children it has waited for. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
  /** Tells it from a later process with the same number. */
  readonly startedAt: number;
};

/** The unit of times in /proc: sysconf(_SC_CLK_TCK) is 100 on Linux. */
const tickMs = 10;
const pageBytes = 4096;

/** Every process of this machine, in one pass. Some 10 µs each, so not to be asked all the time. */
export function listProcesses(): Map<number, ProcessStat> {
  return processStats(readdirSync("/proc").map(Number).filter(Number.isInteger));
}

/**
 * Whether /proc shows a user, or whoever asks, what others run: mounted with `hidepid` it does not.
 * @see proc(5)
 */
export async function seesOthers(
  ids: { readonly uid?: number; readonly gid?: number } = {},
  proc = "/proc",
): Promise<boolean> {
  try {
    await exec(["test", "-r", `${proc}/1/status`], { cwd: "/", ...ids });
    return true;
  } catch (error) {
    if (error instanceof ExecError) return false;
    throw error;
  }
}

/** Those of these processes that are there. */
export function processStats(pids: Iterable<number>): Map<number, ProcessStat> {
  const found = new Map<number, ProcessStat>();
  for (const pid of pids) {
    const stat = processStat(pid);
    if (stat) found.set(pid, stat);
  }
  return found;
}

/** Null when it is gone. @see proc(5), /proc/pid/stat */
function processStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name, which may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const at = (field: number) => Number(fields[field - 3]);
    return {
      pid,
      parent: at(4),
      cpuMs: (at(14) + at(15) + at(16) + at(17)) * tickMs,
      memoryBytes: at(24) * pageBytes,
      startedAt: at(22),
    };
  } catch {
    return null;
  }
}

/** What a process runs, in fifteen characters at most; null when it is gone, or not shown. @see proc(5) */
export function programName(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return null;
  }
}

/**
 * Time that all processors were in use, by whomever, since the machine's start: all but idle and
 * waiting for disks. What guests use is counted among the others already.
 * @param stat Text of /proc/stat. @see proc(5)
 */
export function busyMs(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(stat)?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * tickMs;
}
