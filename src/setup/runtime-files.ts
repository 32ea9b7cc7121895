import { constants } from "node:fs";
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  symlink,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists } from "#lib/files.ts";

/** A file or a link of the running program, by its path in the checkout. */
export type Entry = {
  readonly path: string;
  /** What a symbolic link points to; null for a file. */
  readonly link: string | null;
  readonly isProgram: boolean;
};

const codePaths = [
  "package.json",
  "package-lock.json",
  "LICENSE",
  "bin",
  "scripts",
  "src",
  "dist",
  "examples",
];
/** Where the package `node` downloads to before it puts the same 120 MB in place. */
const nodeCopy = /^node-(?:linux|darwin)-\w+$/;
const ignored = new Set(["node_modules", ".git"]);

/** Berth's own files, sorted, without tests. */
export async function listCode(checkout: string): Promise<Entry[]> {
  const top = await readdir(checkout, { withFileTypes: true });
  const found = await Promise.all(
    top
      .filter(({ name }) => codePaths.includes(name))
      .map((it) =>
        it.isDirectory() ? walk(checkout, it.name, isCode) : entryOf(checkout, it.name),
      ),
  );
  return found.flat().toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files of every package that runs (not those for development), and the commands they bring. */
export async function listPackages(checkout: string): Promise<Entry[]> {
  const lock = await readFile(join(checkout, "package-lock.json"), "utf8");
  const folders: string[] = [];
  for (const folder of runtimePackages(lock)) {
    if (await exists(join(checkout, folder))) folders.push(folder);
  }
  const files = await Promise.all(folders.map((folder) => walk(checkout, folder, isRuntime)));
  return [...files.flat(), ...(await listCommands(checkout, folders))];
}

/** Folders of the packages at the top of node_modules that are no development dependencies. */
export function runtimePackages(lockText: string): string[] {
  const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(lockText);
  return Object.entries(lock.packages)
    .filter(([folder, { dev }]) => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(folder) && !dev)
    .map(([folder]) => folder);
}

/**
 * Copies entries so that everybody can read them and only the owner, who runs this, can change them.
 * Shares the blocks with the original where the file system can.
 */
export async function copyEntries(
  entries: readonly Entry[],
  from: string,
  to: string,
): Promise<void> {
  const folders = new Set(entries.map(({ path }) => dirname(path)));
  for (const folder of folders) await makeOpenFolder(to, folder);
  await Promise.all(
    entries.map(async ({ path, link, isProgram }) => {
      const target = join(to, path);
      if (link !== null) return symlink(link, target);
      await copyFile(join(from, path), target, constants.COPYFILE_FICLONE);
      await chmod(target, isProgram ? 0o755 : 0o644);
    }),
  );
  await chmod(to, 0o755);
}

/** Modes are set afterwards: a tight umask would take them away from mkdir's. */
async function makeOpenFolder(root: string, folder: string): Promise<void> {
  await mkdir(join(root, folder), { recursive: true });
  for (let it = folder; it !== "."; it = dirname(it)) await chmod(join(root, it), 0o755);
}

async function listCommands(checkout: string, folders: readonly string[]): Promise<Entry[]> {
  const commands = await walk(checkout, "node_modules/.bin", () => true);
  return commands.filter(({ path, link }) => {
    const target = join(dirname(path), link ?? "");
    return folders.some((folder) => target.startsWith(`${folder}/`));
  });
}

/** Half of all files in packages are type declarations and source maps, which nothing reads here. */
function isRuntime(name: string): boolean {
  return !nodeCopy.test(name) && !/\.(?:d\.[cm]?ts|map)$/.test(name);
}

function isCode(name: string): boolean {
  return !ignored.has(name) && !/\.test\.(?:ts|mjs)$/.test(name);
}

async function walk(
  root: string,
  folder: string,
  keep: (name: string) => boolean,
): Promise<Entry[]> {
  const children = await readdir(join(root, folder), { withFileTypes: true });
  const found = await Promise.all(
    children
      .filter(({ name }) => keep(name))
      .map((child) => {
        const path = `${folder}/${child.name}`;
        return child.isDirectory() ? walk(root, path, keep) : entryOf(root, path);
      }),
  );
  return found.flat();
}

async function entryOf(root: string, path: string): Promise<Entry> {
  const status = await lstat(join(root, path));
  const link = status.isSymbolicLink() ? await readlink(join(root, path)) : null;
  return { path, link, isProgram: (status.mode & 0o100) !== 0 };
}
