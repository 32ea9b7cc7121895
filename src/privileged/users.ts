import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { Ids } from "#domain/realm.ts";
import { exec } from "#lib/exec.ts";
import { namesIn, nullIfMissing, readIfThere } from "#lib/files.ts";
import type { Own } from "./realm.ts";
import { removeAll } from "./trees.ts";

/** Where a program that got out of its sandbox could have left something, besides the home. */
const openToAll = ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/var/crash"];

/**
 * Ends everything of an app's user and makes sure that nothing of it is left; only then may another
 * app have it. @throws {PlatformError} `user_not_retired`
 */
export async function retireUser(realm: Own, user: Ids): Promise<void> {
  await endAll(user);
  const { caches, scratch, artifacts } = realm.layout;
  const places = [caches, scratch, artifacts, ...openToAll];
  for (const path of await leftOf(user, places)) await removeAll(realm, path);
  const [left] = await leftOf(user, places);
  if (left !== undefined) throw leftOver(user, left);
}

/** The kernel signals all of them at once, so that none can fork away. @see kill(2), pid -1 */
async function endAll(user: Ids): Promise<void> {
  const killAll = [process.execPath, "-e", "process.kill(-1, 'SIGKILL')"] as const;
  for (let count = 0; count < 50; count += 1) {
    const living = await processesOf(user);
    if (living.length === 0) return;
    // With nobody left to signal, it fails; the next look tells.
    await exec(killAll, { ...user, cwd: "/" }).catch(() => {});
    await sleep(20);
  }
  throw leftOver(user, `process ${(await processesOf(user)).join(", ")}`);
}

async function processesOf({ uid }: Ids): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const uids = await Promise.all(pids.map(uidOf));
  return pids.filter((_, index) => uids[index] === uid);
}

/** The real user of a process; null for one that is gone. @see proc(5) */
async function uidOf(pid: number): Promise<number | null> {
  const status = await readIfThere(`/proc/${pid}/status`).catch(() => null);
  const uid = /^Uid:\t(\d+)/m.exec(status ?? "")?.[1];
  return uid === undefined ? null : Number(uid);
}

/**
 * What belongs to the user. One look into each place is enough: below an entry of somebody else's
 * they could make nothing.
 */
async function leftOf({ uid, gid }: Ids, places: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const place of places) {
    for (const name of await namesIn(place)) {
      const stats = await lstat(join(place, name)).catch(nullIfMissing);
      if (stats?.uid === uid || stats?.gid === gid) left.push(join(place, name));
    }
  }
  return left;
}

function leftOver({ uid }: Ids, what: string): PlatformError {
  return new PlatformError("user_not_retired", { uid, what: what.slice(0, 200) });
}
