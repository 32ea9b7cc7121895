import { randomUUID } from "node:crypto";
import { appendFile, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import type { Source } from "#domain/source.ts";
import { exec, ExecError } from "#lib/exec.ts";
import {
  ensureDirectory,
  exists,
  nullIf,
  readIfThere,
  removeTree,
  writeAtomic,
} from "#lib/files.ts";
import { gitArgv, gitEnv } from "#lib/git.ts";
import { filesArguments, logArguments, parseChanges } from "./compare.ts";
import { findPointers } from "./lfs.ts";
import { parseTree, refuseTree } from "./tree.ts";

const commitPattern = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const largeTreeTimeoutMs = 600_000;
/** A git that outlives a killed berthd would write into a folder that the next one empties. */
const dieWithUs = ["setpriv", "--pdeathsig", "KILL", "--"];
/** Of each repository, after those that git gives it. */
const settings = `[receive]
\tfsckObjects = true
\tprocReceiveRefs = refs
\tadvertisePushOptions = false
[transfer]
\thideRefs = refs/berth
[gc]
\tpruneExpire = 2.weeks.ago
`;
/** Before what a tree itself says: its files are written byte for byte as they were committed. */
const attributes = "* -text -eol -ident -filter -working-tree-encoding\n";

/** Bare repositories `<root>/<app id>.git`, driven by git. */
export function createGitSource(root: string): Source {
  const directoryOf = (appId: number) => join(root, `${appId}.git`);
  const git: Git = (appId, args, { timeoutMs = 60_000, env = {}, launcher = [] } = {}) => {
    const [program, ...rest] = gitArgv([`--git-dir=${directoryOf(appId)}`, ...args]);
    const argv = [...launcher, program, ...rest] as [string, ...string[]];
    return exec(argv, { timeoutMs, env: { ...gitEnv, ...env } });
  };
  return {
    ensureRepository: (appId) => ensureRepository(root, directoryOf(appId)),
    removeRepository: (appId) => removeTree(directoryOf(appId)),
    exportTree: async (appId, commit, dir) => {
      await ensureAttributes(directoryOf(appId));
      return exportTree(git, root, { appId, commit, dir });
    },
    ...commits(git),
    tipOf: async (appId, branch) => {
      const directory = directoryOf(appId);
      if (!(await exists(directory))) return null;
      return (await looseTip(directory, branch)) ?? tipOf(git, appId, branch);
    },
  };
}

type Git = (
  appId: number,
  args: readonly string[],
  options?: {
    env?: Record<string, string>;
    timeoutMs?: number;
    /** A program and arguments that start git in their place. */
    launcher?: readonly string[];
  },
) => Promise<string>;

/** What is asked and noted about single commits. */
function commits(git: Git) {
  return {
    moveBranch: async (appId, branch, from, to) => {
      checkCommit(to);
      const old = from ?? "0".repeat(to.length);
      const moving = [
        "update-ref",
        "-m",
        "berth: deploy",
        "--end-of-options",
        refOf(branch),
        to,
        old,
      ];
      return (await answerOf(git(appId, moving), 128)) !== null;
    },
    isAncestor: async (appId, ancestor, commit) => {
      for (const each of [ancestor, commit]) checkCommit(each);
      const asking = git(appId, [
        "merge-base",
        "--is-ancestor",
        "--end-of-options",
        ancestor,
        commit,
      ]);
      return (await answerOf(asking)) !== null;
    },
    pin: async (appId, name, commit) => {
      checkCommit(commit);
      await git(appId, ["update-ref", pinOf(name), commit]);
    },
    unpin: async (appId, name) => {
      await answerOf(git(appId, ["update-ref", "-d", pinOf(name)]));
    },
    subjectOf: async (appId, commit) => {
      checkCommit(commit);
      return (await git(appId, ["show", "-s", "--format=%s", commit])).trim().slice(0, 200);
    },
    compare: async (appId, from, to) => {
      for (const each of [from, to]) checkCommit(each);
      const [arriving, leaving, files] = await Promise.all([
        answerOf(git(appId, logArguments(from, to)), 128),
        answerOf(git(appId, logArguments(to, from)), 128),
        answerOf(git(appId, filesArguments(from, to)), 128),
      ]);
      if (arriving === null || leaving === null || files === null) return null;
      return parseChanges({ arriving, leaving, files });
    },
  } satisfies Partial<Source>;
}

/**
 * The tip as git writes it down first; null when it is packed, or kept in another way, which git knows.
 * @see gitrepository-layout(5), refs
 */
async function looseTip(directory: string, branch: string): Promise<string | null> {
  const reading = readFile(join(directory, refOf(branch)), "latin1");
  const text = (await reading.catch(nullIf(["ENOENT", "ENOTDIR", "EISDIR"])))?.trimEnd() ?? "";
  return commitPattern.test(text) ? text : null;
}

async function tipOf(git: Git, appId: number, branch: string): Promise<string | null> {
  const asking = ["rev-parse", "--verify", "--quiet", "--end-of-options", refOf(branch)];
  return (await answerOf(git(appId, asking)))?.trim() || null;
}

async function exportTree(
  git: Git,
  root: string,
  { appId, commit, dir }: { appId: number; commit: string; dir: string },
): Promise<readonly string[]> {
  checkCommit(commit);
  const timeoutMs = largeTreeTimeoutMs;
  const listing = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit];
  const index = join(root, `${randomUUID()}.index`);
  try {
    const entries = parseTree(await git(appId, listing, { timeoutMs }).catch(refuseEndless));
    refuseTree(entries);
    await ensureDirectory(dir);
    // core.symlinks stays on: a link is kept as a link, and git itself never writes through one.
    const checkout = [`--work-tree=${dir}`, "read-tree", "-m", "-u", commit];
    const env = { GIT_INDEX_FILE: index };
    await git(appId, checkout, { env, timeoutMs, launcher: dieWithUs });
    return await findPointers(dir, entries);
  } finally {
    await removeTree(index);
  }
}

async function ensureAttributes(directory: string): Promise<void> {
  const file = join(directory, "info", "attributes");
  if ((await readIfThere(file)) === attributes) return;
  await ensureDirectory(dirname(file));
  await writeAtomic(file, attributes);
}

function refOf(branch: string): string {
  return `refs/heads/${branch}`;
}

function pinOf(name: string): string {
  return `refs/berth/${name}`;
}

/** Makes a bare repository whole or not at all. `proc-receive` gets every ref: Berth moves the branches. */
async function ensureRepository(root: string, directory: string): Promise<string> {
  if (await exists(directory)) return directory;
  await ensureDirectory(root);
  const partial = join(root, `${randomUUID()}.partial`);
  await exec(
    ["git", "init", "--quiet", "--bare", "--initial-branch=main", "--template=", partial],
    { env: gitEnv },
  );
  // At once, as a program for each would take longer than all the rest.
  await appendFile(join(partial, "config"), settings);
  await rename(partial, directory).catch(async (error: NodeJS.ErrnoException) => {
    await removeTree(partial);
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  return directory;
}

/** Null when git answers no, which it says with exit code 1 (or with `no`). */
async function answerOf(asked: Promise<string>, no = 1): Promise<string | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ExecError && (error.code === 1 || error.code === no)) return null;
    throw error;
  }
}

function refuseEndless(error: unknown): never {
  if (!(error instanceof ExecError && error.tooMuch)) throw error;
  const problem = "the list of its files is longer than 64 MiB";
  throw new PlatformError("tree_refused", { problem }, { cause: error });
}

function checkCommit(commit: string): void {
  if (!commitPattern.test(commit)) {
    throw new PlatformError("invalid_input", { field: "commit", problem: "it is not a full hash" });
  }
}
