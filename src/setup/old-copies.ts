import { lstat, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { namesIn, nullIfMissing, removeTree } from "#lib/files.ts";

const keptMax = 2;
const partialAgeMaxMs = 60 * 60 * 1000;

/**
 * Removes copies of the code that nobody needs: all but the newest two, the one just chosen, and
 * those that a process still runs from. Also what a killed copying left behind.
 */
export async function removeOldCopies(copies: string, chosen: string): Promise<void> {
  const found: { path: string; changedAt: number; isPartial: boolean }[] = [];
  for (const name of await namesIn(copies)) {
    const path = join(copies, name);
    // Another start may have removed it since its name was read; a link only says which is in use.
    const status = await lstat(path).catch(nullIfMissing);
    if (status?.isDirectory())
      found.push({ path, changedAt: status.mtimeMs, isPartial: name.endsWith(".partial") });
  }
  const now = performance.timeOrigin + performance.now();
  const abandoned = found.filter((it) => it.isPartial && now - it.changedAt > partialAgeMaxMs);
  const old = found
    .filter((it) => !it.isPartial)
    .toSorted((a, b) => b.changedAt - a.changedAt)
    .slice(keptMax)
    .filter(({ path }) => path !== chosen);
  for (const { path } of abandoned) await removeTree(path);
  for (const { path } of old) {
    if (!(await isInUse(path))) await removeTree(path);
  }
}

/** By the running program's inode, for a sandbox may see it under another path, and by the arguments. */
async function isInUse(copy: string): Promise<boolean> {
  const node = await stat(join(copy, "node_modules/node/bin/node")).catch(nullIfMissing);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const program = await stat(`/proc/${pid}/exe`).catch(() => null);
    if (node && program?.ino === node.ino && program.dev === node.dev) return true;
    const args = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (args.includes(`${copy}/`)) return true;
  }
  return false;
}
