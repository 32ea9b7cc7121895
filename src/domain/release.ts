import type { BranchConfig } from "./branch.ts";
import { PlatformError } from "./errors.ts";
import type { ProcessType } from "./process-type.ts";

/** A release in words: `pending` until it is current once; `failed` when it never became healthy. */
export type ReleaseStatus = "pending" | "healthy" | "failed";

export type Release = {
  readonly id: number;
  readonly branchId: number;
  /** Counted per branch, from 1. */
  readonly number: number;
  readonly artifactId: number;
  readonly commit: string;
  /** With the artifact, what a rollback restores. Holds config vars: not printed without being asked for. */
  readonly config: BranchConfig;
  /** What runs: from the config, else from the artifact, with the wanted counts. */
  readonly processTypes: Readonly<Record<string, ProcessType>>;
  /** Runs once in the sandbox before anything is started; from the Procfile. */
  readonly releaseCommand: string | null;
  /** Why it was made: `Deploy 3f2a1b0`, `Set GREETING`, `Rollback to v3`. */
  readonly description: string;
  readonly actor: string;
  readonly status: ReleaseStatus;
  readonly createdAt: Date;
  readonly healthyAt: Date | null;
};

/**
 * The release a rollback returns to: the newest one before `current` that ran healthy.
 * @throws {PlatformError} `no_rollback_target` when no such release exists.
 */
export function rollbackTarget(
  releases: readonly Release[],
  current: Release,
  target: string,
): Release {
  const [found] = releases
    .filter((release) => release.number < current.number && release.healthyAt !== null)
    .toSorted((a, b) => b.number - a.number);
  if (!found) throw new PlatformError("no_rollback_target", { target });
  return found;
}
