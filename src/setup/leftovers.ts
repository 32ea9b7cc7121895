import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { machineClock } from "#lib/clock.ts";
import { namesIn, nullIfMissing, removeTree } from "#lib/files.ts";
import type { HomeLayout } from "./layout.ts";

const uuid = String.raw`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`;
const pushIdleMaxMs = 24 * 3600 * 1000;

/**
 * Removes what only a berthd that was killed can have left: index files and half made repositories;
 * and of pushes that were killed what they had received, once nothing has come for a day. To be called
 * before a new berthd begins anything.
 */
export async function removeLeftovers({ repositories }: HomeLayout): Promise<void> {
  const left = new RegExp(String.raw`^${uuid}\.(?:index|partial)$`);
  const names = await namesIn(repositories);
  for (const name of names.filter((it) => left.test(it)))
    await removeTree(join(repositories, name));
  for (const name of names.filter((it) => it.endsWith(".git")))
    await removeReceived(join(repositories, name, "objects"));
}

/** A push receives into a folder of its own, from which git takes it when it is whole and fair. */
async function removeReceived(objects: string): Promise<void> {
  const idleSinceMs = machineClock.now().getTime() - pushIdleMaxMs;
  for (const name of await namesIn(objects)) {
    const received = join(objects, name);
    if (!name.startsWith("tmp_objdir-") || (await changedAtMs(received)) > idleSinceMs) continue;
    await removeTree(received);
  }
}

/** When something was last added; a large push grows in one file. */
async function changedAtMs(received: string): Promise<number> {
  const packs = join(received, "pack");
  const paths = [received, packs, ...(await namesIn(packs)).map((name) => join(packs, name))];
  const stats = await Promise.all(paths.map((path) => lstat(path).catch(nullIfMissing)));
  return Math.max(...stats.map((it) => it?.mtimeMs ?? 0));
}
