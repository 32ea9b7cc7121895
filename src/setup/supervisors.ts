import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { namesIn } from "#lib/files.ts";
import { isSupervised, orderService } from "#lib/s6.ts";

const endsWithinMs = 5000;

/**
 * Folders below a scan folder that a supervisor looks after. It outlives an s6-svscan that is
 * killed: everything goes on, but a new s6-svscan can only try each second to take its place.
 * @see s6-svscan(8), s6-svok(8)
 */
export async function supervisedFolders(scan: string): Promise<string[]> {
  const services = (await namesIn(scan)).filter((name) => !name.startsWith("."));
  const folders = services.flatMap((name) => [join(scan, name), join(scan, name, "log")]);
  return folders.filter(isSupervised);
}

/**
 * Ends what is supervised, the loggers last; what does not end in time, such as a logger whose disk
 * is full, is killed.
 */
export async function endSupervisors(scan: string): Promise<void> {
  const isLogger = (folder: string) => folder.endsWith("/log");
  const folders = await supervisedFolders(scan);
  await endAll(folders.filter((it) => !isLogger(it)));
  await endAll(folders.filter(isLogger));
}

async function endAll(folders: readonly string[]): Promise<void> {
  for (const letters of ["dx", "dkx"]) {
    const living = folders.filter((it) => orderService(letters, it));
    for (let waitedMs = 0; waitedMs < endsWithinMs; waitedMs += 50) {
      if (!living.some(isSupervised)) return;
      await sleep(50);
    }
  }
}
