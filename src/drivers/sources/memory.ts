import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { CodeChanges } from "#domain/code-changes.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Source } from "#domain/source.ts";
import { ensureDirectory, writeAtomic } from "#lib/files.ts";

export type MemorySource = Source & {
  /** A commit of these files on top of another; answers its hash. */
  readonly commit: (files: Readonly<Record<string, string>>, parent?: string) => string;
  /** Name → commit, of what is kept from being collected. */
  readonly pins: (appId: number) => Record<string, string>;
};

type Commit = { readonly files: Readonly<Record<string, string>>; readonly parent: string | null };
type Repository = { readonly branches: Map<string, string>; readonly pins: Map<string, string> };

/** Commits that were never in git. */
export function createMemorySource(): MemorySource {
  const commits = new Map<string, Commit>();
  const repositories = new Map<number, Repository>();
  const repositoryOf = (appId: number): Repository => {
    const known = repositories.get(appId) ?? { branches: new Map(), pins: new Map() };
    repositories.set(appId, known);
    return known;
  };
  return {
    commit: (files, parent) => {
      const number = commits.size;
      const hash = createHash("sha1")
        .update(JSON.stringify([number, files]))
        .digest("hex");
      commits.set(hash, { files, parent: parent ?? null });
      return hash;
    },
    pins: (appId) => Object.fromEntries(repositoryOf(appId).pins),
    ensureRepository: async (appId) => {
      repositoryOf(appId);
      return `/memory/${appId}.git`;
    },
    removeRepository: async (appId) => void repositories.delete(appId),
    exportTree: async (_, commit, dir) => {
      const { files } = commitNamed(commits, commit);
      await ensureDirectory(dir);
      for (const [path, text] of Object.entries(files)) {
        await ensureDirectory(dirname(join(dir, path)));
        await writeAtomic(join(dir, path), text);
      }
      return [];
    },
    tipOf: async (appId, branch) => repositoryOf(appId).branches.get(branch) ?? null,
    moveBranch: async (appId, branch, from, to) => {
      const { branches } = repositoryOf(appId);
      if ((branches.get(branch) ?? null) !== from) return false;
      branches.set(branch, to);
      return true;
    },
    isAncestor: async (_, ancestor, commit) => lineageOf(commits, commit).includes(ancestor),
    pin: async (appId, name, commit) => void repositoryOf(appId).pins.set(name, commit),
    unpin: async (appId, name) => void repositoryOf(appId).pins.delete(name),
    compare: async (_, from, to) => compareCommits(commits, from, to),
    subjectOf: async (_, commit) => Object.keys(commitNamed(commits, commit).files).join(", "),
  };
}

/** A commit and all that it stands on. */
function lineageOf(commits: ReadonlyMap<string, Commit>, commit: string): string[] {
  const lineage: string[] = [];
  for (let it: string | null = commit; it !== null; it = commits.get(it)?.parent ?? null) {
    lineage.push(it);
  }
  return lineage;
}

function compareCommits(
  commits: ReadonlyMap<string, Commit>,
  from: string,
  to: string,
): CodeChanges | null {
  const [before, after] = [commits.get(from), commits.get(to)];
  if (!before || !after) return null;
  const lacking = (own: string, other: string) =>
    lineageOf(commits, own)
      .filter((id) => !lineageOf(commits, other).includes(id))
      .map((id) => ({ id, subject: "change", author: "Test", at: new Date(0) }));
  const linesOf = (text: string | undefined) => text?.split("\n").filter((it) => it !== "") ?? [];
  const paths = [...new Set([...Object.keys(before.files), ...Object.keys(after.files)])];
  const files = paths.toSorted().flatMap((path) => {
    const [old, young] = [linesOf(before.files[path]), linesOf(after.files[path])];
    const added = young.filter((line) => !old.includes(line)).length;
    const removed = old.filter((line) => !young.includes(line)).length;
    return added + removed === 0 ? [] : [{ path, added, removed }];
  });
  return { arriving: lacking(to, from), leaving: lacking(from, to), files, isCut: false };
}

function commitNamed(commits: ReadonlyMap<string, Commit>, hash: string): Commit {
  const found = commits.get(hash);
  if (found) return found;
  throw new PlatformError("invalid_input", { field: "commit", problem: "it is not there" });
}
