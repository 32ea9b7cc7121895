import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { machineClock } from "./clock.ts";
import { exec, ExecError } from "./exec.ts";
import { nullIf } from "./files.ts";

/** Nobody reads orders, or whoever does is not to be reached from here. */
const nobodyThere = nullIf(["ENOENT", "ENOTDIR", "ENXIO", "EACCES", "EPIPE"]);

/** Whether a supervisor looks after a service. @see s6-svok(8) */
export function isSupervised(service: string): boolean {
  return isTaken(join(service, "supervise/control"), "");
}

/**
 * Gives a service's supervisor orders, each a letter; false when there is none, which needs none. As
 * `s6-svc` would, which only is a program to wait for.
 * @see s6-svc(8), s6-supervise(8)
 */
export function orderService(letters: string, service: string): boolean {
  return isTaken(join(service, "supervise/control"), letters);
}

/** The same for whoever supervises a folder of services. @see s6-svscanctl(8) */
export function orderScan(letters: string, scan: string): boolean {
  return isTaken(join(scan, ".s6-svscan/control"), letters);
}

function isTaken(fifo: string, letters: string): boolean {
  try {
    // Without a reader it cannot be opened.
    const control = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      if (letters !== "") writeSync(control, letters);
    } finally {
      closeSync(control);
    }
    return true;
  } catch (error) {
    return nobodyThere(error as NodeJS.ErrnoException) !== null;
  }
}

export type ServiceStatus = {
  readonly up: boolean;
  readonly wantedUp: boolean;
  readonly pid: number | null;
  /** How long it has been so. */
  readonly sinceMs: number;
};

/** What s6 knows of a service; null when nothing supervises it. @see s6-svstat(8) */
export async function statusOf(service: string): Promise<ServiceStatus | null> {
  return isSupervised(service) ? (readStatus(service) ?? askStatus(service)) : null;
}

/** As s6 2.10 and 2.11 write it: times, the process, how the last one ended, and flags. */
const layout = { sizeBytes: 35, pidAt: 24, flagsAt: 34, finishing: 2, wantedUp: 4 } as const;

/** Null when it is written in another way. */
function readStatus(service: string): ServiceStatus | null {
  const file = openIfThere(join(service, "supervise/status"));
  if (file === null) return null;
  try {
    const bytes = readFileSync(file);
    if (bytes.length !== layout.sizeBytes) return null;
    const pid = Number(bytes.readBigUInt64BE(layout.pidAt));
    const flags = bytes.readUInt8(layout.flagsAt);
    const up = pid > 0 && (flags & layout.finishing) === 0;
    const sinceMs = machineClock.now().getTime() - fstatSync(file).mtimeMs;
    const wantedUp = (flags & layout.wantedUp) !== 0;
    return { up, wantedUp, pid: up ? pid : null, sinceMs: Math.max(0, sinceMs) };
  } finally {
    closeSync(file);
  }
}

async function askStatus(service: string): Promise<ServiceStatus | null> {
  const asking = exec(["s6-svstat", "-o", "up,wantedup,pid,updownfor", service]);
  const text = await asking.catch((error: unknown) => {
    if (error instanceof ExecError) return null;
    throw error;
  });
  if (text === null) return null;
  const [up, wantedUp, pid, seconds] = text.trim().split(" ");
  return {
    up: up === "true",
    wantedUp: wantedUp === "true",
    pid: Number(pid) > 0 ? Number(pid) : null,
    sinceMs: Number(seconds) * 1000,
  };
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch (error) {
    return nobodyThere(error as NodeJS.ErrnoException);
  }
}
