import { posix } from "node:path";
import { PlatformError } from "#domain/errors.ts";

export type TreeEntry = {
  /** `100644`, `120000` for a symbolic link, `160000` for a submodule. */
  readonly mode: string;
  readonly sizeBytes: number;
  readonly path: string;
};

const entriesMax = 200_000;
const sizeBytesMax = 4 * 1024 ** 3;
const pathBytesMax = 1024;
const submoduleMode = "160000";
/** To leave its folder empty unseen would break the app later, and in words that lead nowhere. */
const submoduleProblem = "is a submodule, which Berth does not fetch; commit its files instead";

/** Parses `git ls-tree -r -z -l`: `<mode> <type> <hash> <size>\t<path>` ended by NUL. */
export function parseTree(listing: string): TreeEntry[] {
  return listing.split("\0").flatMap((line) => {
    const [, mode, size, path] = /^(\d{6}) \w+ [0-9a-f]+ +(\d+|-)\t([\s\S]+)$/.exec(line) ?? [];
    if (!mode || !size || !path) return [];
    return [{ mode, sizeBytes: size === "-" ? 0 : Number(size), path }];
  });
}

/**
 * Refuses a tree that could harm who opens it: paths that lead elsewhere or cannot be told apart
 * on a terminal, and more files or bytes than a build should meet. A symbolic link may point
 * anywhere: it is only ever followed inside the sandbox.
 * @throws {PlatformError} `tree_refused`
 */
export function refuseTree(entries: readonly TreeEntry[]): void {
  if (entries.length > entriesMax)
    refuse(`it has ${entries.length} files; ${entriesMax} are allowed`);
  const bytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  if (bytes > sizeBytesMax) refuse(`its files are ${bytes} bytes; ${sizeBytesMax} are allowed`);
  for (const { path, mode } of entries) {
    const problem = pathProblem(path) ?? (mode === submoduleMode ? submoduleProblem : null);
    if (problem) refuse(`${JSON.stringify(path.slice(0, 200))} ${problem}`);
  }
}

function pathProblem(path: string): string | null {
  if (Buffer.byteLength(path) > pathBytesMax) return `is longer than ${pathBytesMax} bytes`;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001F\u007F]/.test(path)) return "holds a control character";
  if (posix.isAbsolute(path) || posix.normalize(path) !== path)
    return "is not a plain relative path";
  const parts = path.toLowerCase().split("/");
  return parts.some((part) => part === ".." || part === ".git") ? "leads out of the tree" : null;
}

function refuse(problem: string): never {
  throw new PlatformError("tree_refused", { problem });
}
