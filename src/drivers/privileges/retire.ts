import { randomUUID } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import { userOf, type Ids, type Realm } from "#domain/realm.ts";
import { namesIn, nullIfMissing, readIfThere } from "#lib/files.ts";
import { seesOthers } from "#lib/processes.ts";
import { runAsUser } from "./as-user.ts";
import type { RootClient } from "./client.ts";
import type { Walls } from "./walls.ts";

/** Where a program that got out of its sandbox could have left something, besides the home. */
const openToAll = ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/var/crash"];

type Surroundings = {
  readonly data: string;
  readonly realm: Realm;
  readonly walls: Walls;
  readonly root: RootClient;
};

/**
 * Ends everything of an app's user and makes sure that nothing of it is left; only then may another
 * app have it. @throws {PlatformError} `user_not_retired`
 */
export async function retireUser(around: Surroundings, user: number): Promise<void> {
  await around.walls.forget(user);
  // An ordinary user's apps share the user's own account, which is not ours to end.
  if (around.realm.usersFrom === null) return;
  const ids = userOf(around.realm, user);
  await endAll(around.root, user, ids);
  const inHome = ["caches", "artifacts", "scratch"].map((name) => join(around.data, name));
  const places = [...inHome, ...openToAll];
  for (const path of await leftOf(ids, places)) await remove(around, user, path);
  // What berth-root is just removing, as it does after each command, goes by itself.
  const isClean = async () => (await leftOf(ids, places)).length === 0;
  if ((await isClean()) || (await sleep(500).then(isClean))) return;
  const [left = "something that is gone by now"] = await leftOf(ids, places);
  throw leftOver(ids, left);
}

/**
 * The kernel signals all of them at once, so that none can fork away. It does not signal who asks,
 * who talks to nobody here: a relay would be ended, too. That they are gone may take until the
 * machine's first process has looked after its orphans. @see kill(2), pid -1
 */
async function endAll({ open }: RootClient, user: number, ids: Ids): Promise<void> {
  const program = { argv: ["perl", "-e", "kill(KILL => -1)"], files: [] };
  if (!(await seesOthers()))
    throw leftOver(ids, "perhaps a process, as /proc hides those of others");
  for (let count = 0; count < 40; count += 1) {
    const connection = open({ name: `c${randomUUID()}`, user, program, isConfined: false });
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.once("close", resolve).resume();
    await promise;
    if ((await processesOf(ids)).length === 0) return;
    await sleep(Math.min(150, 10 * 2 ** count));
  }
  throw leftOver(ids, `process ${(await processesOf(ids)).join(", ")}`);
}

/** What is outside of the home the user itself removes, so that it can be nobody else's. */
async function remove({ data, root }: Surroundings, user: number, path: string): Promise<void> {
  // `7`, or `7.partial`.
  const id = Number.parseInt(basename(path), 10);
  if (path === join(data, "caches", String(id))) await root.call("removeCache", { appId: id });
  else if (dirname(path) === join(data, "artifacts"))
    await root.call("removeArtifact", { artifactId: id });
  else if (openToAll.includes(dirname(path))) {
    // A folder that its owner may not look into is opened first.
    await runAsUser(root, user, ["chmod", "--recursive", "u+rwX", "--", path]);
    await runAsUser(root, user, ["rm", "-rf", "--one-file-system", "--", path]);
  }
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
