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
/** What a file system takes as one name. */
const nameBytesMax = 255;
const depthMax = 100;
const linkMode = "120000";
const submoduleMode = "160000";
/** To leave its folder empty unseen would break the app later, and in words that lead nowhere. */
const submoduleProblem = "is a submodule, which Berth does not fetch; commit its files instead";

/** Parses `git ls-tree -r -z -l`: `<mode> <type> <hash> <size>\t<path>` ended by NUL. */
export function parseTree(listing: string): TreeEntry[] {
  return listing.split("\0").flatMap((line) => {
    if (line === "") return [];
    const [, mode, size, path] = /^(\d{6}) \w+ [0-9a-f]+ +(\d+|-)\t([\s\S]+)$/.exec(line) ?? [];
    if (!mode || !size || !path) return refuse("git lists an entry of it that makes no sense");
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
    const problem = pathProblem(path) ?? modeProblem(mode);
    if (problem) refuse(`${JSON.stringify(path.slice(0, 200))} ${problem}`);
  }
}

function modeProblem(mode: string): string | null {
  if (mode === submoduleMode) return submoduleProblem;
  return mode === linkMode || /^100\d{3}$/.test(mode) ? null : `has the odd mode ${mode}`;
}

function pathProblem(path: string): string | null {
  if (Buffer.byteLength(path) > pathBytesMax) return `is longer than ${pathBytesMax} bytes`;
  if (deceiving.test(path)) return "holds a control character";
  if (path.includes("\uFFFD")) return "is not UTF-8";
  if (posix.isAbsolute(path) || posix.normalize(path) !== path)
    return "is not a plain relative path";
  const parts = path.split("/");
  if (parts.length > depthMax) return `lies more than ${depthMax} folders deep`;
  if (parts.some((part) => Buffer.byteLength(part) > nameBytesMax))
    return `has a name longer than ${nameBytesMax} bytes`;
  if (parts.some((part) => part === ".." || isGitName(part))) return "leads out of the tree";
  return null;
}

/** Besides what commands a terminal, what turns the direction of the text on it. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const deceiving = /[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

/** What some file system takes for `.git`. git refuses most of these, too. @see CVE-2014-9390 */
function isGitName(part: string): boolean {
  const plain = part.replaceAll(/[\u200C-\u200F\u206A-\u206F\uFEFF]/g, "").toLowerCase();
  return /^(?:\.git|git~\d+)(?:[ .]*|:.*)$/.test(plain);
}

function refuse(problem: string): never {
  throw new PlatformError("tree_refused", { problem });
}
