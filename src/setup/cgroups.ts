import { readFileSync, writeFileSync } from "node:fs";
import { access, chown, constants, mkdir, readdir, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CgroupPlace, FencePlace, Ids } from "#domain/realm.ts";
import { baseIn, controllers, pidsIn, readHierarchies, type Hierarchy } from "#lib/cgroups.ts";
import { nullIf } from "#lib/files.ts";

const platformName = "platform";
const killTimeoutMs = 5000;
const leftWithinMs = 1000;

/**
 * Berth's part of the machine's cgroups, in which from then on the account makes those of apps.
 * Version 2 is used for what it has, version 1 for the rest; processes join all of them under the
 * same name. What a home left there that ended badly is ended and removed.
 * @param key Tells two homes on one machine apart.
 */
export async function makeCgroups(
  key: string,
  account: Ids,
  hierarchies?: readonly Hierarchy[],
): Promise<CgroupPlace[]> {
  const usable = hierarchies ?? (await readHierarchies());
  const places: CgroupPlace[] = [];
  // Version 2 first: what it controls, version 1 cannot, and it ends all processes at once.
  for (const hierarchy of usable.toSorted((a, b) => b.version - a.version)) {
    // One in which we may make nothing is left out: its limits are then said not to hold.
    const place = await makePlace(hierarchy, key, account).catch(nullIf(refused));
    if (place !== null) places.push(place);
  }
  return places;
}

/** Removes everything of Berth's, and ends what still runs there. */
export async function removeCgroups(places: readonly CgroupPlace[]): Promise<void> {
  await endAllIn(places);
  for (const place of places) {
    const { apps } = place;
    const own = platformCgroup(place);
    if (own !== null) await untilLeft(own);
    for (const folder of [apps, own ?? apps, dirname(apps), dirname(dirname(apps))])
      await rmdir(folder).catch(nullIf(inUse));
  }
}

/** Where the platform stands in a cgroup of its own, beside the apps; null where it does not. */
function platformCgroup({ apps, standing }: CgroupPlace): string | null {
  return standing === join(dirname(apps), platformName) ? standing : null;
}

/** The folder of all apps as nft names it, and how deep it is; null where nft could not find it. */
export function cgroupOfFence(
  places: readonly CgroupPlace[],
  hierarchies: readonly Hierarchy[],
): { path: FencePlace["apps"]; level: number } | null {
  const place = places.find(({ version }) => version === 2);
  const mountedAt = hierarchies.find(({ version }) => version === 2)?.mountedAt;
  if (!place || mountedAt === undefined) return null;
  const path = relative("/sys/fs/cgroup", place.apps);
  const level = relative(mountedAt, place.apps).split("/").length;
  return path.startsWith("..") ? null : { path, level };
}

async function makePlace(
  hierarchy: Hierarchy,
  key: string,
  { uid, gid }: Ids,
): Promise<CgroupPlace> {
  const { version, mountedAt, own } = hierarchy;
  const { base, ours } = baseIn(hierarchy, key);
  const apps = join(base, "apps");
  await mkdir(apps, { recursive: true });
  // What somebody else has made there can be seen where all is read-only, as in a container.
  await access(apps, constants.W_OK);
  const found = { version, apps, standing: join(mountedAt, own) };
  await endAllIn([found]);
  if (version === 1 && hierarchy.controllers.includes("cpuset")) admit(mountedAt, apps);
  const place =
    version === 1
      ? { ...found, controllers: hierarchy.controllers }
      : { ...found, ...(await divide(base, ours, apps)) };
  // So much, and no file of limits, is what a part of the tree takes to be another's.
  const given = version === 1 ? [""] : ["", "cgroup.procs", "cgroup.subtree_control"];
  for (const name of given) await chown(join(apps, name), uid, gid).catch(nullIf(["ENOENT"]));
  return place;
}

/** Version 1: a new cgroup has no processor and no memory, and takes in nobody, until it is given some. */
function admit(mountedAt: string, apps: string): void {
  const names = relative(mountedAt, apps).split("/");
  for (const [depth, name] of names.entries()) {
    const above = join(mountedAt, ...names.slice(0, depth));
    for (const file of ["cpuset.cpus", "cpuset.mems"])
      writeFileSync(join(above, name, file), readFileSync(join(above, file), "utf8"));
  }
  // Those below are given what it has.
  writeFileSync(join(apps, "cgroup.clone_children"), "1");
}

/** Version 2: the platform beside the apps, and the controllers that both get. */
async function divide(base: string, ours: string, apps: string) {
  const platform = await vacate(base);
  const path = relative(ours, apps).split("/");
  for (let depth = 0; depth <= path.length; depth += 1)
    delegate(join(ours, ...path.slice(0, depth)));
  // All apps together weigh half of what serves and keeps them.
  await writeFile(join(base, platformName, "cpu.weight"), "200").catch(nullIf(missing));
  return { controllers: controllersIn(apps), ...(platform === null ? {} : { standing: platform }) };
}

/**
 * A cgroup that has processes cannot give controllers to those below it, and systemd starts a unit
 * in the very cgroup that it delegates: what is in there moves into one beside the apps, this
 * process too. Gives that one; null when nothing was there.
 */
async function vacate(base: string): Promise<string | null> {
  const pids = await pidsIn(base);
  if (pids.length === 0) return null;
  const platform = join(base, platformName);
  await mkdir(platform, { recursive: true });
  for (const pid of pids)
    await writeFile(join(platform, "cgroup.procs"), String(pid)).catch(nullIf(["ESRCH"]));
  return platform;
}

/** Gives the cgroups in a folder what the folder itself has of the controllers. */
function delegate(folder: string): void {
  const has = controllersIn(folder);
  const wanted = controllers.filter((name) => has.includes(name)).map((name) => `+${name}`);
  if (wanted.length > 0) writeFileSync(join(folder, "cgroup.subtree_control"), wanted.join(" "));
}

function controllersIn(folder: string): string[] {
  return readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
}

/** Nothing of a home runs when its cgroups are made or removed: what is in them was left behind. */
async function endAllIn(places: readonly Pick<CgroupPlace, "apps">[]): Promise<void> {
  const untilMs = performance.now() + killTimeoutMs;
  const folders = (await Promise.all(places.map(({ apps }) => foldersBelow(apps)))).flat();
  while (performance.now() < untilMs) {
    const pids = (await Promise.all(folders.map(pidsIn))).flat();
    // 0 stands for a process that this program's own process namespace does not show.
    for (const pid of pids.filter((it) => it > 1)) kill(pid);
    if (pids.length === 0) break;
    await sleep(20);
  }
  for (const folder of folders) await rmdir(folder).catch(nullIf(inUse));
}

/** What has ended is still there for a moment. This process itself does not leave, nor what it works for. */
async function untilLeft(folder: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < leftWithinMs; waitedMs += 20) {
    const pids = await pidsIn(folder);
    if (pids.length === 0 || pids.includes(process.pid)) return;
    await sleep(20);
  }
}

/** The innermost first. */
async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below = entries.filter((it) => it.isDirectory()).map(({ name }) => join(folder, name));
  return (await Promise.all(below.map(async (it) => [...(await foldersBelow(it)), it]))).flat();
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    nullIf(["ESRCH"])(error as NodeJS.ErrnoException);
  }
}

/** A file that this kernel does not have: making one in a cgroup is refused. */
const missing = ["ENOENT", "EACCES", "EPERM"];
/** Of a whole hierarchy. */
const refused = [...missing, "EROFS", "EBUSY", "EINVAL"];
/** Something is in there still, or it is not ours to remove. */
const inUse = [...missing, "EBUSY", "ENOTEMPTY"];
