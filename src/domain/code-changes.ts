import type { BranchConfig } from "./branch.ts";
import { isSameVar, ownVar } from "./config-var.ts";
import type { Release } from "./release.ts";
import { Secret } from "./secret.ts";

export type CommitSummary = {
  readonly id: string;
  readonly subject: string;
  readonly author: string;
  readonly at: Date;
};

export type FileChange = {
  readonly path: string;
  /** Lines; null for a file that has none. */
  readonly added: number | null;
  readonly removed: number | null;
};

/** What lies between the code of two commits. */
export type CodeChanges = {
  /** Commits that the second one has and the first one lacks, newest first. */
  readonly arriving: readonly CommitSummary[];
  readonly leaving: readonly CommitSummary[];
  readonly files: readonly FileChange[];
  /** There is more than is listed. */
  readonly isCut: boolean;
};

/** Something of a configuration that differs; a value is null where there is none, or a secret one. */
export type ConfigDifference = {
  readonly of: "config var" | "process type";
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
  readonly secret: boolean;
  readonly before: string | null;
  readonly after: string | null;
};

export type ReleaseDifference = {
  readonly from: Release;
  readonly to: Release;
  /** Null when the code of one of them is not kept any more. */
  readonly code: CodeChanges | null;
  readonly config: readonly ConfigDifference[];
};

type Configured = Pick<Release, "config" | "processTypes">;

/** What differs between two releases beside their code. */
export function configDifferences(from: Configured, to: Configured): ConfigDifference[] {
  return [...varDifferences(from.config, to.config), ...typeDifferences(from, to)];
}

function varDifferences({ env: from }: BranchConfig, { env: to }: BranchConfig) {
  return namesOf(from, to).flatMap((name): ConfigDifference[] => {
    const [before, after] = [ownVar(from, name), ownVar(to, name)];
    if (isSameVar(before, after)) return [];
    const secret = before instanceof Secret || after instanceof Secret;
    const shown = (value: string | Secret | null) =>
      secret || value instanceof Secret ? null : value;
    const change = changeOf(before, after);
    const values = { before: shown(before), after: shown(after) };
    return [{ of: "config var", name, change, secret, ...values }];
  });
}

function typeDifferences({ processTypes: from }: Configured, { processTypes: to }: Configured) {
  return namesOf(from, to).flatMap((name): ConfigDifference[] => {
    const [before, after] = [describe(from[name]), describe(to[name])];
    if (before === after) return [];
    const change = changeOf(before, after);
    return [{ of: "process type", name, change, secret: false, before, after }];
  });
}

function describe(type: Release["processTypes"][string] | undefined): string | null {
  if (!type) return null;
  return type.kind === "static" ? `files in /${type.directory}` : `${type.count} x ${type.command}`;
}

function changeOf(before: unknown, after: unknown): ConfigDifference["change"] {
  if (before === null) return "added";
  return after === null ? "removed" : "changed";
}

function namesOf(one: object, other: object): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted();
}
