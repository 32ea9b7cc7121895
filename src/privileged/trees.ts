import { chmod, chown, lchown, lstat, mkdir, rename } from "node:fs/promises";
import { PlatformError } from "#domain/errors.ts";
import { exec } from "#lib/exec.ts";
import { nullIfMissing, removeTree, syncDirectory } from "#lib/files.ts";
import { removeForeignTree } from "#lib/foreign-tree.ts";
import { keeperUid, type Ids } from "#domain/realm.ts";
import type { Own } from "./realm.ts";

/**
 * Trees of apps, which their owners may fill with links, change under our hands and race us over.
 * The folders above them are root's, so only a tree's own name is not to be trusted, and nothing
 * below it: what walks through it are programs that neither follow links nor lose their way.
 * @see chown(1) --from and -P, find(1) -P, rm(1)
 */
const largeTreeMs = { timeoutMs: 600_000 };

/** Gives a tree that the account has checked out to the app's user; the account may look on. */
export async function handOver(realm: Own, artifactId: number, user: Ids): Promise<void> {
  const path = realm.layout.growing(artifactId);
  await requireOwner(path, realm.account);
  if (!realm.hasUsers) return;
  await giveAway(path, realm.account, user);
  await requireOwner(path, user);
  await lchown(path, user.uid, realm.account.gid);
  await chmod(path, 0o750);
}

/** Takes a built tree: nobody changes it any more, and the account alone may look into it. */
export async function seal(realm: Own, artifactId: number, user: Ids): Promise<void> {
  await sealTree(realm, realm.layout.growing(artifactId), user, user);
}

/**
 * First it is taken from its owner's hands, then it is closed, and only then looked at, when nobody
 * can change it any more.
 */
async function sealTree(realm: Own, path: string, owner: Ids, user: Ids): Promise<void> {
  await requireOwner(path, owner);
  const keeper = { uid: keeperUid(realm), gid: user.gid };
  if (realm.hasUsers) await giveAway(path, owner, keeper);
  await requireOwner(path, keeper);
  // chmod follows a link that takes a file's place, so it is run as the keeper, who can change
  // nothing but what is sealed.
  const [closed] = await Promise.allSettled([
    exec(["chmod", "--recursive", "a=rX,ug-s,o-t", "--", path], {
      ...largeTreeMs,
      ...(realm.hasUsers ? keeper : {}),
    }),
  ]);
  await refuseOddFiles(path, keeper);
  if (closed.status === "rejected") throw closed.reason;
  await chmod(path, 0o550);
  await lchown(path, keeper.uid, realm.account.gid);
}

/** Makes a sealed tree the artifact, which only its app may read. */
export async function finish(realm: Own, artifactId: number, user: Ids): Promise<void> {
  const path = realm.layout.growing(artifactId);
  const keeper = { uid: keeperUid(realm), gid: user.gid };
  await requireOwner(path, keeper);
  // While it grew it was named by its number alone: whose it is stands on what is in it.
  await refuseOddFiles(path, keeper, ["-mindepth", "1", "-maxdepth", "1"]);
  await lchown(path, keeper.uid, keeper.gid);
  await rename(path, realm.layout.artifact(artifactId));
  await syncDirectory(realm.layout.artifacts);
}

/** Takes an artifact of which an older Berth left all, or its top, to the account. */
export async function adopt(realm: Own, artifactId: number, user: Ids): Promise<void> {
  const path = realm.layout.artifact(artifactId);
  if (realm.hasUsers) await sealTree(realm, path, realm.account, user);
  await lchown(path, keeperUid(realm), user.gid);
}

/** Lets whoever knows a name read what is below it, as the router does; the list of names stays closed. */
export async function publish(realm: Own, artifactId: number, user: Ids): Promise<void> {
  const path = realm.layout.artifact(artifactId);
  const { uid, gid } = await folderAt(path);
  if (uid !== keeperUid(realm) || gid !== user.gid)
    throw notOurs(path, `it belongs to ${uid}:${gid}`);
  await chmod(path, 0o551);
}

/** Makes an app's cache; one that is there and somebody else's is thrown away. */
export async function makeCache(realm: Own, appId: number, user: Ids): Promise<void> {
  const path = realm.layout.cache(appId);
  const stats = await lstat(path).catch(nullIfMissing);
  if (stats?.isDirectory() && stats.uid === user.uid) return;
  await removeAll(realm, path);
  await makeFolder(path, user);
}

/** A new folder of the user's own, in one of root's. */
export async function makeFolder(path: string, { uid, gid }: Ids): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  await chown(path, uid, gid);
}

/** Removes a whole tree, whoever owns it. Repeatable; never follows a link. */
export async function removeAll({ hasUsers }: Own, path: string): Promise<void> {
  if (hasUsers) await removeForeignTree(path);
  // Node opens folders that their owner has locked, but loses its way below the longest path.
  else await removeTree(path).catch(() => removeForeignTree(path));
}

/**
 * Changes the owner of what is `from`'s, and of nothing else: not of a file linked in from elsewhere.
 * chown looks first and acts then; what is put into a file's place between is none of somebody else's
 * as long as the kernel lets nobody link to such. @see proc(5), fs.protected_hardlinks
 */
async function giveAway(path: string, from: Ids, to: Ids): Promise<void> {
  const how = ["--recursive", "--no-dereference", "-P", `--from=+${from.uid}`];
  await exec(["chown", ...how, "--", `+${to.uid}:+${to.gid}`, path], largeTreeMs);
}

async function refuseOddFiles(path: string, { uid, gid }: Ids, how: string[] = []): Promise<void> {
  const foreign = ["!", "-uid", String(uid), "-o", "!", "-gid", String(gid)];
  const odd = ["!", "-type", "f", "!", "-type", "d", "!", "-type", "l"];
  const say = ["-printf", String.raw`%y %P\n`, "-quit"];
  const found = await exec(
    ["find", path, ...how, "(", ...foreign, "-o", ...odd, ")", ...say],
    largeTreeMs,
  );
  if (found === "") return;
  const name = JSON.stringify(found.slice(2, 202).trimEnd());
  const isOdd = !/^[fdl]/.test(found);
  const problem = isOdd
    ? `the build left ${name}, which is a pipe, a socket or a device`
    : `the build left ${name}, which belongs to somebody else`;
  throw new PlatformError("tree_refused", { problem });
}

async function requireOwner(path: string, { uid }: Pick<Ids, "uid">): Promise<void> {
  const owner = await folderAt(path);
  if (owner.uid !== uid) throw notOurs(path, `its owner is ${owner.uid}, not ${uid}`);
}

async function folderAt(path: string): Promise<Ids> {
  const stats = await lstat(path).catch(nullIfMissing);
  if (!stats) throw notOurs(path, "it is not there");
  if (!stats.isDirectory()) throw notOurs(path, "it is no folder");
  return { uid: stats.uid, gid: stats.gid };
}

function notOurs(path: string, why: string): PlatformError {
  return new PlatformError("helper_refused", { verb: `to touch ${path}`, problem: why });
}
