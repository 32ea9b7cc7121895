import { createHash, randomBytes } from "node:crypto";
import { readFile, rename, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Ids } from "#domain/realm.ts";
import { ExecError, bareEnv, exec } from "#lib/exec.ts";
import { ensureDirectory, exists, removeTree, syncDirectory } from "#lib/files.ts";
import { removeOldCopies } from "./old-copies.ts";
import { copyEntries, listCode, listPackages, type Entry } from "./runtime-files.ts";

export type ReadableCode = {
  readonly checkout: string;
  /** Who has to read it, and when root runs it too, must not be able to write it. */
  readonly uid: number;
  readonly gid: number;
  /** A user of an app, in no group of ours, for whom the same holds; null when there is none. */
  readonly app?: Ids | null;
  /** Where copies go; `/opt/berth` by default. */
  readonly copies?: string;
};

/**
 * A directory with Berth's code that `uid` can read: the checkout itself when that will do, else a
 * copy of what runs, made once per content (`<version>-<hash>`). A checkout in /root is the usual
 * reason for a copy: nobody else may pass through there.
 */
export async function ensureReadableCode(wanted: ReadableCode): Promise<string> {
  const { checkout, copies = "/opt/berth" } = wanted;
  return (await isReadable(checkout, wanted)) ? checkout : copyCode(checkout, copies);
}

/** The copy of a checkout's code among `copies`, made when it is not there; old ones are removed. */
export async function copyCode(checkout: string, copies: string): Promise<string> {
  const code = await listCode(checkout);
  const copy = join(copies, await nameOf(checkout, code));
  if (await exists(copy)) {
    const now = performance.timeOrigin + performance.now();
    await utimes(copy, now / 1000, now / 1000);
  } else {
    await makeCopy([...code, ...(await listPackages(checkout))], checkout, copy);
  }
  await removeOldCopies(copies, copy);
  return copy;
}

async function isReadable(checkout: string, { uid, gid, app = null }: ReadableCode) {
  const built = (await exists(join(checkout, "dist"))) ? ["dist"] : [];
  const folders = ["package.json", "bin", "src", "node_modules", ...built].map((name) =>
    join(checkout, name),
  );
  // A user of an app is one of all others to everything in there, which one walk sees as well; what
  // is above is asked of the kernel.
  if (app && !(await isOpen(folders, app, ["-maxdepth", "0"], []))) return false;
  return isOpen(folders, { uid, gid }, [], app ? closedToOthers : []);
}

const closedToOthers = "-o ! -perm -o=r -o -perm -o=w -o -type d ! -perm -o=x".split(" ");

/**
 * Asks the kernel, as that user, rather than reading modes: it also knows of access control lists
 * and of every directory above. @see access(2), which find's tests call.
 */
async function isOpen(
  paths: readonly string[],
  { uid, gid }: Ids,
  depth: readonly string[],
  more: readonly string[],
): Promise<boolean> {
  const isOther = process.getuid?.() !== uid;
  const closed = ["!", "-readable", "-o", "-type", "d", "!", "-executable"];
  const writable = isOther ? ["-o", "-writable"] : [];
  const test = ["!", "-type", "l", "(", ...closed, ...writable, ...more, ")", "-print", "-quit"];
  const identity = isOther ? { uid, gid } : {};
  try {
    const argv = ["find", ...paths, ...depth, ...test] as const;
    return (await exec([...argv], { env: bareEnv, cwd: "/", ...identity })) === "";
  } catch (error) {
    if (error instanceof ExecError) return false;
    throw error;
  }
}

/** The lock file stands for the packages; everything else counts by its content. */
async function nameOf(checkout: string, code: readonly Entry[]): Promise<string> {
  const hash = createHash("sha256");
  for (const { path, link } of code) {
    hash.update(`${path}\0${link ?? ""}\0`);
    if (link === null) hash.update(await readFile(join(checkout, path)));
  }
  const manifest: { version: string } = JSON.parse(
    await readFile(join(checkout, "package.json"), "utf8"),
  );
  return `${manifest.version}-${hash.digest("hex").slice(0, 12)}`;
}

/** The copy appears under its name only when all of it is on the disk. */
async function makeCopy(entries: readonly Entry[], from: string, copy: string): Promise<void> {
  const partial = `${copy}.${randomBytes(6).toString("hex")}.partial`;
  try {
    await copyEntries(entries, from, await ensureDirectory(partial));
    await exec(["sync", "--file-system", partial]);
    await rename(partial, copy).catch(async (error: NodeJS.ErrnoException) => {
      // Another start was quicker; its copy has the same content.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await syncDirectory(join(copy, ".."));
  } finally {
    await removeTree(partial);
  }
}
