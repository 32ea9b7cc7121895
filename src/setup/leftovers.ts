import { join } from "node:path";
import { namesIn, removeTree } from "#lib/files.ts";
import type { HomeLayout } from "./layout.ts";

const uuid = String.raw`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`;

/**
 * Removes what only a berthd that was killed can have left: scratch folders of commands, half
 * written service folders, index files and half made repositories. To be called before a new
 * berthd begins anything.
 */
export async function removeLeftovers(layout: HomeLayout): Promise<void> {
  const left = [
    { folder: join(layout.data, "scratch"), name: new RegExp(`^${uuid}$`) },
    { folder: join(layout.run, "services"), name: /^i\d+\.partial$/ },
    { folder: layout.repositories, name: new RegExp(String.raw`^${uuid}\.(?:index|partial)$`) },
  ];
  for (const { folder, name } of left) {
    const names = (await namesIn(folder)).filter((it) => name.test(it));
    for (const it of names) await removeTree(join(folder, it));
  }
}
