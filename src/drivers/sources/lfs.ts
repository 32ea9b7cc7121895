import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import type { TreeEntry } from "./tree.ts";

/** How each pointer begins, in every version so far. @see git-lfs docs/spec.md */
const firstLine = "version https://git-lfs.github.com/spec/v1";
/** The specification allows no larger one. */
const pointerBytesMax = 1024;
const attributesBytesMax = 64 * 1024;
const namedMax = 5;

/** A sentence when files are pointers of Git LFS: their contents are elsewhere, and are not fetched. */
export async function findPointers(dir: string, entries: readonly TreeEntry[]): Promise<string[]> {
  const files = entries.filter(({ mode }) => mode.startsWith("100"));
  if (!(await usesLfs(dir, files))) return [];
  const pointers: string[] = [];
  for (const { path, sizeBytes } of files) {
    if (sizeBytes < firstLine.length || sizeBytes > pointerBytesMax) continue;
    if ((await beginningOf(join(dir, path), firstLine.length)) === firstLine) pointers.push(path);
  }
  if (pointers.length === 0) return [];
  const named = pointers.slice(0, namedMax).join(", ");
  const more = pointers.length > namedMax ? ` and ${pointers.length - namedMax} more` : "";
  return [
    `Warning: ${named}${more}: pointers of Git LFS, deployed as they are. Berth does not fetch what they stand for; commit the contents (git lfs migrate export), or fetch them in a build hook.`,
  ];
}

async function usesLfs(dir: string, files: readonly TreeEntry[]): Promise<boolean> {
  for (const { path, sizeBytes } of files) {
    if (basename(path) !== ".gitattributes" || sizeBytes > attributesBytesMax) continue;
    if (/\bfilter=lfs\b/.test(await beginningOf(join(dir, path), sizeBytes))) return true;
  }
  return false;
}

/** Never through a link, though a plain file is what the tree says. */
async function beginningOf(path: string, bytes: number): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
