import { join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import { exec, ExecError } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";
import type { SupervisionLayout } from "./layout.ts";

const gone = "s6-svscan was ended from elsewhere; berth up starts it again, and all apps";

/** What s6 knows of a service; null when nothing supervises it. @see s6-svstat(8) */
export async function statusOf(service: string) {
  const text = await exec(["s6-svstat", "-o", "up,wantedup,pid,updownfor", service]).catch(
    nullIfFailed,
  );
  if (text === null) return null;
  const [up, wantedUp, pid, seconds] = text.trim().split(" ");
  return {
    up: up === "true",
    wantedUp: wantedUp === "true",
    pid: Number(pid) > 0 ? Number(pid) : null,
    sinceMs: Number(seconds) * 1000,
  };
}

/** Gives a supervisor an order; one that is gone needs none. @see s6-svc(8) */
export async function order(how: string, service: string): Promise<void> {
  await exec(["s6-svc", how, service]).catch(nullIfNotSupervised);
}

/** Whether a service is down, or no more supervised, before so much time has passed. @see s6-svwait(8) */
export async function isDownWithin(service: string, ms: number): Promise<boolean> {
  // To s6-svwait no time means for ever.
  if (ms < 1) return false;
  const words = ["s6-svwait", "-d", "-t", String(Math.ceil(ms)), service] as const;
  try {
    await exec(words, { timeoutMs: ms + 5000 });
    return true;
  } catch (error) {
    if (error instanceof ExecError && error.code === 1) return (await statusOf(service)) === null;
    // It took longer, or already to begin waiting did.
    if (error instanceof ExecError && (error.code === 99 || error.code === 111)) return false;
    throw error;
  }
}

/**
 * Has s6-svscan begin what is new in its folder: by the signal that it has for that, which a program
 * of its own would only say later. @see s6-svscan(8), "The scanner"
 */
export async function startNew({ scan, supervisorPid }: SupervisionLayout): Promise<void> {
  const pid = Number(await readIfThere(supervisorPid));
  const argv = pid > 1 ? await readIfThere(join("/proc", String(pid), "cmdline")) : null;
  // An id that was left by an s6-svscan of before may be anybody's by now.
  const isIt = argv?.startsWith("s6-svscan\0") === true && argv.endsWith(`\0${scan}\0`);
  if (isIt) process.kill(pid, "SIGALRM");
  // What it supervised runs on and is restarted, but nothing new can begin.
  else if ((await exec(["s6-svscanctl", "-a", scan]).catch(nullIfNotSupervised)) === null)
    throw new PlatformError("command_failed", { command: "Starting an instance", problem: gone });
}

/** Has s6-svscan end the supervisors of what is gone from its folder; without one there are none. */
export async function endOld({ scan }: SupervisionLayout): Promise<void> {
  await exec(["s6-svscanctl", "-an", scan]).catch(nullIfNotSupervised);
}

function nullIfFailed(error: unknown): null {
  if (error instanceof ExecError) return null;
  throw error;
}

/** What s6's programs exit with when nothing supervises that folder. */
function nullIfNotSupervised(error: unknown): null {
  if (error instanceof ExecError && (error.code === 100 || error.code === 111)) return null;
  throw error;
}
