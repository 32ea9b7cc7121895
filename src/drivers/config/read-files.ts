import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** One file of the directory: its text, or why there is none. */
export type FoundFile = {
  /** `repo/shop.yml`; absolute when it stands outside of the configuration directory. */
  readonly file: string;
  readonly folder: string;
  readonly name: string;
  readonly text: string | null;
  readonly problem: string | null;
};

/** A folder by its path, and how messages name it: "" for the configuration directory. */
export type Folder = { readonly path: string; readonly label: string };

/** What was read last, by `file`, so that only what changed is read again. */
export type FileCache = Map<string, { readonly stamp: string; readonly found: FoundFile }>;

const bytesMax = 1024 * 1024;
const filesAtOnce = 32;

/**
 * Reads the files of a folder whose names are wanted; none when the folder is not there. A folder
 * that cannot be read is one entry without a name.
 */
export async function readFolder(
  folder: Folder,
  wants: (name: string) => boolean,
  cache: FileCache,
): Promise<FoundFile[]> {
  const entries = await readdir(folder.path, { withFileTypes: true }).catch(codeOf);
  if (typeof entries === "string") {
    if (entries === "ENOENT") return [];
    return [notRead(folder.label, "", `the folder cannot be read (${entries})`)];
  }
  const names = entries.filter((entry) => isWanted(entry, wants)).map(({ name }) => name);
  const found: (FoundFile | null)[] = [];
  for (let start = 0; start < names.length; start += filesAtOnce) {
    const some = names.toSorted().slice(start, start + filesAtOnce);
    found.push(...(await Promise.all(some.map((name) => readCached(folder, name, cache)))));
  }
  return found.filter((file) => file !== null);
}

function isWanted(entry: Dirent, wants: (name: string) => boolean): boolean {
  // editors keep their own files beside the one they write
  return !entry.name.startsWith(".") && !entry.name.endsWith("~") && wants(entry.name);
}

async function readCached(
  folder: Folder,
  name: string,
  cache: FileCache,
): Promise<FoundFile | null> {
  const path = join(folder.path, name);
  const stats = await lstat(path, { bigint: true }).catch(codeOf);
  if (stats === "ENOENT") return null;
  if (typeof stats === "string") return notRead(folder.label, name, `cannot be read (${stats})`);
  const stamp = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");
  const { file } = notRead(folder.label, name, "");
  const cached = cache.get(file);
  if (cached?.stamp === stamp) return cached.found;
  const read = await readRegular(path);
  const found =
    read.text === null
      ? notRead(folder.label, name, read.problem)
      : { ...notRead(folder.label, name, ""), text: read.text, problem: null };
  cache.set(file, { stamp, found });
  return found;
}

/**
 * Opens without following a link and without waiting for a FIFO's other end, then looks at what it
 * has opened: nothing can be put in its place in between.
 */
async function readRegular(
  path: string,
): Promise<{ text: string } | { text: null; problem: string }> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(codeOf);
  if (file === "ELOOP") return { text: null, problem: "is a symbolic link" };
  if (typeof file === "string") return { text: null, problem: `cannot be read (${file})` };
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return { text: null, problem: "is not a regular file" };
    if (stats.size > bytesMax) return { text: null, problem: "is larger than 1 MiB" };
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(stats.size) });
    return textOf(buffer.subarray(0, bytesRead));
  } catch (error) {
    return { text: null, problem: `cannot be read (${codeOf(error)})` };
  } finally {
    await file.close();
  }
}

function textOf(bytes: Uint8Array): { text: string } | { text: null; problem: string } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { text: null, problem: "is not UTF-8 text" };
  }
}

function notRead(label: string, name: string, problem: string): FoundFile {
  const file = [label, name].filter((part) => part !== "").join("/");
  return { file, folder: label, name, text: null, problem };
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : String(error);
}
