/**
 * Ends and removes all that test runs and benches have left which are over, and the folders that are
 * named to it. A run has a folder of its own for whatever it makes, named after its process.
 */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { exec } from "#lib/exec.ts";
import { ensureDirectory, removeTree } from "#lib/files.ts";
import { removeForeignTree } from "#lib/foreign-tree.ts";
import { processStats } from "#lib/processes.ts";
import { homeLayout } from "#setup/layout.ts";
import { makeRealm, removeRealm } from "#setup/realm.ts";
import { claimedUsers, releaseUsers } from "#setup/uid-range.ts";
import { until } from "./platform.ts";
import { kill, processesOf } from "./processes.ts";

/** The number of the process, and when it began: another may have the number by now. */
const runPattern = /^berth-(\d+)-(\d+)$/;
const isRoot = process.getuid?.() === 0;

// Whoever is impatient must not have more left than before.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

for (const folder of [...process.argv.slice(2), ...runsThatAreOver()]) {
  await sweep(folder).catch((error: unknown) => {
    process.stderr.write(`${folder} could not be removed: ${String(error)}\n`);
  });
}

function runsThatAreOver(): string[] {
  return readdirSync(tmpdir()).flatMap((name) => {
    const [, pid, startedAt] = runPattern.exec(name) ?? [];
    const runner = processStats([Number(pid)]).get(Number(pid));
    const folder = join(tmpdir(), name);
    // What nobody has waited for yet is over all the same, and has no memory any more.
    const isRunning = runner?.startedAt === Number(startedAt) && runner.memoryBytes > 0;
    if (pid === undefined || isRunning) return [];
    // Everybody can make a folder there.
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    return stats?.isDirectory() && stats.uid === process.getuid?.() ? [folder] : [];
  });
}

async function sweep(folder: string): Promise<void> {
  await until(async () => endAllOf(folder) === 0, `every process of ${folder} ends`, 20_000);
  // The last one mounted is the first to go. What is mounted there is not ours to remove.
  for (const path of mountsBelow(folder).toReversed()) await exec(["umount", path]);
  if (isRoot) await removeUsers(folder);
  // A test's own trees may be deeper than any path is long.
  await (isRoot ? removeForeignTree(folder) : removeTree(folder));
}

/** None that was there before the run was begun is its own, whatever it touches. */
function endAllOf(folder: string): number {
  const [, , begunAt] = runPattern.exec(basename(folder)) ?? [];
  const living = processesOf(folder).filter(({ startedAt }) => startedAt >= Number(begunAt));
  kill(...living.map(({ pid }) => pid));
  return living.length;
}

function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .filter((path) => path.startsWith(`${folder}/`));
}

/** The users of homes in the folder, with their walls, and accounts whose home it is. */
async function removeUsers(folder: string): Promise<void> {
  for (const { home, first } of await claimedUsers()) {
    if (!home.startsWith(`${folder}/`)) continue;
    const nobody = { uid: 65_534, gid: 65_534 };
    const helper = await ensureDirectory(homeLayout(home).helper);
    // To put up anew ends and removes what was there, however far its run had come.
    await removeRealm(
      await makeRealm(helper, { account: nobody, router: nobody, appsFrom: first }),
    );
    await releaseUsers(home);
  }
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [account = "", , , , , home] = line.split(":");
    if (home?.startsWith(`${folder}/`)) await exec(["userdel", account]);
  }
}
