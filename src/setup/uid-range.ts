import { lstat, mkdir, readdir, readlink, rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { userRange } from "#domain/app-user.ts";
import { PlatformError } from "#domain/errors.ts";
import { namesIn, nullIfMissing, readIfThere } from "#lib/files.ts";

/** Where the homes of this machine share out the users that apps get: a link for each block. */
const usualRegistry = "/var/lib/berth-uids";
const blocksMax = (userRange.end - userRange.first) / userRange.ofHome;

/**
 * The first uid of the home's own block of users, taken on the first call. Two homes never share
 * one; a block is taken over only when its home is gone and no process of it runs.
 */
export async function claimUsers(home: string, registry = usualRegistry): Promise<number> {
  await mkdir(registry, { recursive: true, mode: 0o755 });
  const owners = await ownersIn(registry);
  const own = owners.findIndex((owner) => owner === home);
  if (own >= 0) return firstOf(own);
  const busy = await blocksInUse();
  for (let block = 0; block < blocksMax; block += 1) {
    const owner = owners[block];
    // What a home that is gone, or was removed, has left running keeps its block.
    if (busy.has(block)) continue;
    if (owner !== undefined && !(await takeFrom(registry, block, owner))) continue;
    const link = join(registry, String(block));
    const isOurs = await symlink(home, link).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
        return false;
      },
    );
    if (isOurs) return firstOf(block);
  }
  const problem = `all blocks in ${registry} are taken; remove links of homes that are gone`;
  throw new PlatformError("command_failed", { command: "Choosing users for apps", problem });
}

/** Gives the home's block back. Only for a home that is removed. */
export async function releaseUsers(home: string, registry = usualRegistry): Promise<void> {
  const block = (await ownersIn(registry)).findIndex((owner) => owner === home);
  if (block >= 0) await unlink(join(registry, String(block))).catch(nullIfMissing);
}

/** Homes that have a block, each with its first uid. */
export async function claimedUsers(
  registry = usualRegistry,
): Promise<{ home: string; first: number }[]> {
  const owners = await ownersIn(registry);
  return [...owners.entries()].flatMap(([block, home]) =>
    home === undefined ? [] : { home, first: firstOf(block) },
  );
}

function firstOf(block: number): number {
  return userRange.first + block * userRange.ofHome;
}

/** The home of each block that is taken. */
async function ownersIn(registry: string): Promise<string[]> {
  const owners: string[] = [];
  for (const name of await namesIn(registry)) {
    if (!/^\d{1,4}$/.test(name)) continue;
    const owner = await readlink(join(registry, name)).catch(() => null);
    if (owner !== null) owners[Number(name)] = owner;
  }
  return owners;
}

/** Frees a block of a home that is gone. Of several that try, one succeeds. */
async function takeFrom(registry: string, block: number, owner: string): Promise<boolean> {
  if ((await lstat(owner).catch(nullIfMissing)) !== null) return false;
  const link = join(registry, String(block));
  const aside = `${link}.gone`;
  await rename(link, aside).catch(nullIfMissing);
  // Somebody else may have put a link of their own there meanwhile: it goes back.
  if ((await readlink(aside).catch(() => null)) !== owner) {
    await rename(aside, link).catch(nullIfMissing);
    return false;
  }
  await unlink(aside).catch(nullIfMissing);
  return true;
}

/** Blocks of whose users a process runs. */
async function blocksInUse(): Promise<Set<number>> {
  const blocks = new Set<number>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const status = (await readIfThere(`/proc/${pid}/status`).catch(() => null)) ?? "";
    const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? -1);
    if (uid >= userRange.first && uid < userRange.end) {
      blocks.add(Math.floor((uid - userRange.first) / userRange.ofHome));
    }
  }
  return blocks;
}
