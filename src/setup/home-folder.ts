import { mkdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PlatformError, withDiskFull } from "#domain/errors.ts";
import { nullIf } from "#lib/files.ts";

/**
 * Makes a home's folder, or takes the one that is there, and sees that it can be written to, before
 * anything else is done for it. Repeatable.
 * @throws {PlatformError} `home_unusable`, `disk_full`
 */
export async function makeHome(home: string, mode: number): Promise<void> {
  const probe = join(home, `.writable-${process.pid}`);
  try {
    await makeFolder(home, mode);
    await writeFile(probe, Buffer.alloc(64 * 1024));
  } catch (error) {
    throw unusable(home, error as NodeJS.ErrnoException);
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/**
 * Root runs programs from its home, so that nobody else may put something in the place of it. A home
 * itself may have belonged to Berth's account, from which it is taken over.
 * @throws {PlatformError} `home_unsafe`
 */
export async function requireRootsHome(home: string, account: number): Promise<void> {
  const real = await realpath(home);
  for (let folder = real; ; folder = dirname(folder)) {
    const { uid } = await stat(folder);
    if (uid !== 0 && !(folder === real && uid === account))
      throw new PlatformError("home_unsafe", { home, folder, uid });
    if (folder === "/") return;
  }
}

/** One after the other: in /proc Node's own way of making all that are above never ends. */
async function makeFolder(path: string, mode: number): Promise<void> {
  const stats = await stat(path).catch(nullIf(["ENOENT"]));
  if (stats?.isDirectory()) return;
  if (!stats && path !== dirname(path)) await makeFolder(dirname(path), mode);
  // A file that is there is said to be.
  await mkdir(path, { mode });
}

const problems: Readonly<Record<string, string>> = {
  EACCES: "you may not write there",
  EEXIST: "it is no folder",
  ENOENT: "no folder can be made there",
  ENOTDIR: "it is below something that is no folder",
  EPERM: "no folder can be made there",
  EROFS: "that file system is read-only",
};

function unusable(home: string, error: NodeJS.ErrnoException): unknown {
  const problem = problems[error.code ?? ""];
  if (problem === undefined) return withDiskFull(error, home);
  return new PlatformError("home_unusable", { home, problem }, { cause: error });
}
