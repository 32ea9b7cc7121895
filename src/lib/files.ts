import { closeSync, constants, fchmodSync, openSync } from "node:fs";
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes a file so that a reader, or a crash, sees either the old text or the whole new one. */
export async function writeAtomic(
  path: string,
  text: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  // Loaded only here: it takes a tenth of the time of a short command, which writes nothing.
  const { randomBytes } = await import("node:crypto");
  const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
  const file = await open(partial, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await syncDirectory(dirname(path));
}

/** A file that its owner alone may open, empty if it was not there; what makes files beside it takes its mode. */
export function ensurePrivateFile(path: string): void {
  const file = openSync(path, "a", 0o600);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** Makes a rename or an unlink in `path` survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export async function ensureDirectory(path: string, mode = 0o755): Promise<string> {
  await mkdir(path, { recursive: true, mode });
  return path;
}

/**
 * Removes a whole tree; does nothing when it is not there. Never follows a link. Folders that their
 * owner may not write to, as a build may leave them, are opened first.
 */
export async function removeTree(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  await remove().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EACCES" && error.code !== "EPERM") throw error;
    await unlockTree(Buffer.from(path));
    await remove();
  });
}

/** Paths are bytes here: a file's name need not be text. */
async function unlockTree(path: Buffer): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const name of await readdir(path, { encoding: "buffer" })) {
    await unlockTree(Buffer.concat([path, Buffer.from("/"), name]));
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(nullIfMissing)) !== null;
}

/** The text of a file; null when there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(nullIfMissing);
}

/** Names in a directory, sorted; none when it is not there. */
export async function namesIn(path: string): Promise<string[]> {
  const names = await readdir(path).catch(nullIfMissing);
  return (names ?? []).toSorted();
}

export const nullIfMissing = nullIf(["ENOENT", "ENOTDIR"]);

/** Null for a failure of these kinds; any other is thrown on. */
export function nullIf(codes: readonly string[]): (error: NodeJS.ErrnoException) => null {
  return (error) => {
    if (codes.includes(error.code ?? "")) return null;
    throw error;
  };
}

/** Hands a folder and everything in it to an account; links themselves, never what they lead to. */
export async function chownTree(path: string, uid: number, gid: number): Promise<void> {
  const stats = await lstat(path);
  if (stats.uid === uid && stats.gid === gid) return;
  await lchown(path, uid, gid);
  if (!stats.isDirectory()) return;
  for (const name of await readdir(path)) await chownTree(join(path, name), uid, gid);
}
