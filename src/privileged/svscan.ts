import { join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import { exec, ExecError } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";
import type { SupervisionLayout } from "./layout.ts";

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
  else await exec(["s6-svscanctl", "-a", scan]).catch(sayIfGone);
}

/** Has s6-svscan end the supervisors of what is gone from its folder. */
export async function endOld({ scan }: SupervisionLayout): Promise<void> {
  await exec(["s6-svscanctl", "-an", scan]);
}

/** What it supervised runs on and is restarted, but nothing new can begin. */
function sayIfGone(error: unknown): never {
  if (!(error instanceof ExecError && error.code === 100)) throw error;
  const problem = "s6-svscan was ended from elsewhere; berth up starts it again, and all apps";
  throw new PlatformError("command_failed", { command: "Starting an instance", problem });
}
