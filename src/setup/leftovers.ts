import { join } from "node:path";
import { namesIn, removeTree } from "#lib/files.ts";
import type { HomeLayout } from "./layout.ts";

const uuid = String.raw`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`;

/**
 * Removes what only a berthd that was killed can have left: index files and half made repositories.
 * To be called before a new berthd begins anything.
 */
export async function removeLeftovers(layout: HomeLayout): Promise<void> {
  const left = new RegExp(String.raw`^${uuid}\.(?:index|partial)$`);
  const names = (await namesIn(layout.repositories)).filter((name) => left.test(name));
  for (const name of names) await removeTree(join(layout.repositories, name));
}
