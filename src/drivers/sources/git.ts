import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import type { Source } from "#domain/source.ts";
import { bareEnv, exec, ExecError } from "#lib/exec.ts";
import { ensureDirectory, exists, removeTree } from "#lib/files.ts";
import { parseTree, refuseTree } from "./tree.ts";

/** Read by every git that Berth starts: no file of the machine's or of a home has a say. */
export const gitEnv = {
  ...bareEnv,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  HOME: "/nonexistent",
} as const;

const commitPattern = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const largeTreeTimeoutMs = 600_000;

/** Bare repositories `<root>/<app id>.git`, driven by git. */
export function createGitSource(root: string): Source {
  const directoryOf = (appId: number) => join(root, `${appId}.git`);
  const git = (
    appId: number,
    args: readonly string[],
    options: { env?: Record<string, string>; timeoutMs?: number } = {},
  ) =>
    exec(["git", "--git-dir", directoryOf(appId), ...args], {
      timeoutMs: options.timeoutMs ?? 60_000,
      env: { ...gitEnv, ...options.env },
    });
  const refOf = (branch: string) => `refs/heads/${branch}`;
  const pinOf = (name: string) => `refs/berth/${name}`;

  return {
    ensureRepository: (appId) => ensureRepository(root, directoryOf(appId)),
    removeRepository: (appId) => removeTree(directoryOf(appId)),

    exportTree: async (appId, commit, dir) => {
      checkCommit(commit);
      const listing = await git(appId, ["ls-tree", "-r", "-z", "-l", "--full-tree", commit], {
        timeoutMs: largeTreeTimeoutMs,
      });
      refuseTree(parseTree(listing));
      await ensureDirectory(dir);
      const index = join(root, `${randomUUID()}.index`);
      try {
        // core.symlinks stays on: a link is kept as a link, and git itself never writes through one.
        const checkout = [
          "-c",
          "core.hooksPath=/dev/null",
          "-c",
          "core.fsmonitor=false",
          `--work-tree=${dir}`,
        ];
        await git(appId, [...checkout, "read-tree", commit], { env: { GIT_INDEX_FILE: index } });
        await git(appId, [...checkout, "checkout-index", "--all", "--quiet"], {
          env: { GIT_INDEX_FILE: index },
          timeoutMs: largeTreeTimeoutMs,
        });
      } finally {
        await removeTree(index);
      }
    },

    tipOf: async (appId, branch) => {
      if (!(await exists(directoryOf(appId)))) return null;
      const tip = await answerOf(
        git(appId, ["rev-parse", "--verify", "--quiet", "--end-of-options", refOf(branch)]),
      );
      return tip?.trim() || null;
    },

    moveBranch: async (appId, branch, from, to) => {
      checkCommit(to);
      const old = from ?? "0".repeat(to.length);
      const answer = await answerOf(
        git(appId, ["update-ref", "-m", "berth: deploy", refOf(branch), to, old]),
        128,
      );
      return answer !== null;
    },

    isAncestor: async (appId, ancestor, commit) => {
      for (const each of [ancestor, commit]) checkCommit(each);
      return (
        (await answerOf(git(appId, ["merge-base", "--is-ancestor", ancestor, commit]))) !== null
      );
    },

    pin: async (appId, name, commit) =>
      void (await git(appId, ["update-ref", pinOf(name), commit])),
    unpin: async (appId, name) =>
      void (await answerOf(git(appId, ["update-ref", "-d", pinOf(name)]))),

    subjectOf: async (appId, commit) => {
      checkCommit(commit);
      return (await git(appId, ["show", "-s", "--format=%s", commit])).trim().slice(0, 200);
    },
  };
}

/**
 * Makes a bare repository whole or not at all. Its configuration: objects are checked when they
 * arrive; `proc-receive` gets every ref, so that Berth itself moves the branches.
 */
async function ensureRepository(root: string, directory: string): Promise<string> {
  if (await exists(directory)) return directory;
  await ensureDirectory(root);
  const partial = join(root, `${randomUUID()}.partial`);
  const settings = {
    "receive.fsckObjects": "true",
    "receive.procReceiveRefs": "refs",
    "receive.maxInputSize": String(2 * 1024 ** 3),
    "transfer.hideRefs": "refs/berth",
    "receive.advertisePushOptions": "false",
    "gc.pruneExpire": "2.weeks.ago",
  };
  await exec(
    ["git", "init", "--quiet", "--bare", "--initial-branch=main", "--template=", partial],
    { env: gitEnv },
  );
  for (const [name, value] of Object.entries(settings)) {
    await exec(["git", "--git-dir", partial, "config", name, value], { env: gitEnv });
  }
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

function checkCommit(commit: string): void {
  if (!commitPattern.test(commit)) {
    throw new PlatformError("invalid_input", { field: "commit", problem: "it is not a full hash" });
  }
}
