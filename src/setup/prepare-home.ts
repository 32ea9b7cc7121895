import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import type { Ids } from "#domain/realm.ts";
import { ensureDirectory, nullIfMissing } from "#lib/files.ts";
import { removeForeignTree } from "#lib/foreign-tree.ts";
import { makeHome, requireRootsHome } from "./home-folder.ts";
import type { HomeLayout } from "./layout.ts";

/** Whose a folder of the home is, and who else may do what in it. */
type Folder = {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
};

const root = { uid: 0, gid: 0 };

/**
 * Lays a home out so that nobody without privilege can replace what root runs or trusts. A home of
 * an earlier Berth, which belonged to its account as a whole, is taken over; what root would have
 * run from it is made anew. Repeatable. Never follows a link: a folder is taken first, and looked
 * into only then.
 */
export async function prepareHome(
  layout: HomeLayout,
  { account, router }: { readonly account: Ids; readonly router: Ids },
): Promise<void> {
  await makeHome(layout.home, 0o711);
  await requireRootsHome(layout.home, account.uid);
  await requirePassage(dirname(layout.home));
  const folders = foldersOf(layout, account, router);
  // The folders above first, so that nobody can put anything back.
  for (const folder of folders.filter(({ path }) => outer(layout).includes(path))) {
    await ensureFolder(folder);
  }
  for (const path of executed(layout)) await dropUnlessRoots(path);
  for (const folder of folders) await ensureFolder(folder);
  await letKeysBePut(layout.sshFolder, account);
  const admins = { from: account.uid, to: { ...root, gid: account.gid } };
  await adoptFolder(layout.config, admins);
  const certificates = { from: account.uid, to: { uid: account.uid, gid: router.gid } };
  await adoptFolder(layout.certificates, certificates);
}

/** berthd cannot watch for folders that come up in a home that it may not read, so they are there. */
async function letKeysBePut(ssh: string, { gid }: Ids): Promise<void> {
  if ((await lstat(ssh).catch(nullIfMissing)) !== null) return;
  for (const path of [ssh, join(ssh, "authorized_keys.d")]) {
    await ensureFolder({ path, ...root, gid, mode: 0o750 });
  }
}

/** The home of an ordinary user, which is theirs alone. */
export async function prepareOwnHome({ home, config, data, logs, run }: HomeLayout): Promise<void> {
  await makeHome(home, 0o700);
  for (const folder of [config, data, logs, run]) await ensureDirectory(folder, 0o700);
}

function outer({ home, run, logs }: HomeLayout): string[] {
  return [home, run, logs];
}

/** What root runs, or starts with root's privilege, or writes to. */
function executed(layout: HomeLayout): string[] {
  const { scan, services, platformServices, hooks, helper, supervisorLog } = layout;
  return [scan, services, platformServices, hooks, helper, supervisorLog];
}

/** Each one after the folder that it is in. */
function foldersOf(layout: HomeLayout, account: Ids, router: Ids): Folder[] {
  const forGroup = { ...root, gid: account.gid };
  const own = (path: string): Folder => ({ path, ...account, mode: 0o700 });
  return [
    { path: layout.home, ...root, mode: 0o711 },
    // The account makes files here, and cannot touch what is not its own.
    { path: layout.data, ...forGroup, mode: 0o1771 },
    { path: layout.artifacts, ...forGroup, mode: 0o1771 },
    { path: layout.caches, ...forGroup, mode: 0o751 },
    { path: layout.scratch, ...forGroup, mode: 0o751 },
    own(layout.repositories),
    own(layout.ssh),
    own(layout.compileCache),
    { path: layout.logs, ...root, mode: 0o711 },
    ...["instances", "router", "jobs", "berthd", "nginx", "sshd"].map((it) => {
      return own(join(layout.logs, it));
    }),
    { path: join(layout.logs, "berth-root"), ...root, mode: 0o700 },
    { path: layout.run, ...forGroup, mode: 0o1771 },
    { path: layout.scan, ...root, mode: 0o700 },
    { path: layout.services, ...forGroup, mode: 0o750 },
    { path: layout.exits, ...forGroup, mode: 0o750 },
    { path: layout.platformServices, ...root, mode: 0o700 },
    { path: layout.hooks, ...root, mode: 0o755 },
    { path: layout.helper, ...forGroup, mode: 0o750 },
    { path: layout.helperCache, ...root, mode: 0o700 },
    { path: layout.nginx, ...root, mode: 0o711 },
    { path: layout.routing, uid: account.uid, gid: router.gid, mode: 0o750 },
    { path: layout.nginxOwn, uid: router.uid, gid: account.gid, mode: 0o750 },
  ];
}

/** Users of apps must get through to what is theirs. */
async function requirePassage(folder: string): Promise<void> {
  if (folder !== "/") await requirePassage(dirname(folder));
  const { mode } = await stat(folder);
  if ((mode & 0o001) !== 0) return;
  const problem = `apps run as users of their own, which may not pass through ${folder}. Allow it: chmod o+x ${folder}`;
  throw new PlatformError("command_failed", { command: "Preparing the home", problem });
}

async function dropUnlessRoots(path: string): Promise<void> {
  const stats = await lstat(path).catch(nullIfMissing);
  if (!stats || (stats.uid === 0 && !stats.isSymbolicLink())) return;
  await removeForeignTree(path);
}

async function ensureFolder({ path, uid, gid, mode }: Folder): Promise<void> {
  await makeFolder(path);
  await using folder = await openFolder(path);
  await folder.chown(uid, gid);
  await folder.chmod(mode);
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** @throws {PlatformError} `command_failed` for a link, wherever it leads. */
async function openFolder(path: string) {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    const problem = `${path} is no folder of its own (${error.code}). To have it on another disk, mount that there`;
    const details = { command: "Preparing the home", problem };
    throw new PlatformError("command_failed", details, { cause: error });
  });
}

type Adoption = { readonly from: number; readonly to: Ids };

/**
 * Lets the group `to` read a folder with what is in it. What belonged to the account `from` goes to
 * the owner `to`; what somebody else put there stays theirs. What is in it is reached by the folder
 * that is open, as its owner may swap the name for a link to root's own files at any moment.
 */
async function adoptFolder(path: string, adoption: Adoption): Promise<void> {
  const { from, to } = adoption;
  await makeFolder(path);
  await using folder = await openFolder(path);
  const { uid } = await folder.stat();
  await folder.chown(isOurs(uid, from) ? to.uid : uid, to.gid);
  await folder.chmod(0o750);
  const held = `/proc/self/fd/${folder.fd}`;
  for (const entry of await readdir(held, { withFileTypes: true })) {
    if (entry.isDirectory()) await adoptFolder(join(held, entry.name), adoption);
    else if (entry.isFile()) await adoptFile(join(held, entry.name), adoption);
  }
}

function isOurs(uid: number, account: number): boolean {
  return uid === account || uid === 0;
}

async function adoptFile(path: string, { from, to }: Adoption): Promise<void> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const { uid, mode, nlink } = await file.stat();
  // Another name of a file elsewhere is not ours to give away.
  if (nlink > 1) return;
  await file.chown(isOurs(uid, from) ? to.uid : uid, to.gid);
  await file.chmod((mode & 0o777) | 0o640);
}
