import { join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import { readIfThere } from "#lib/files.ts";
import { orderScan, orderService } from "#lib/s6.ts";
import type { SupervisionLayout } from "./layout.ts";

const gone = "s6-svscan was ended from elsewhere; berth up starts it again, and all apps";

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
  else if (!(await orderScan("-a", scan)))
    throw new PlatformError("command_failed", { command: "Starting an instance", problem: gone });
}

/**
 * Has the supervisors of a service end, which is no more in the folder that s6-svscan watches. They
 * are told themselves, too, as there may be no s6-svscan.
 */
export async function endOld({ scan }: SupervisionLayout, service: string): Promise<void> {
  await Promise.all([service, join(service, "log")].map((it) => orderService("-xd", it)));
  await orderScan("-an", scan);
}
