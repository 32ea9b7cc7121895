import type { ConfigChanges } from "./branch.ts";
import type { ErrorReport } from "./errors.ts";

export type JobKind = "deploy" | "rebuild" | "release" | "restart" | "stop" | "start" | "destroy";

/** `waiting` for its turn on the branch; the last four are ends. */
export type JobStatus = "waiting" | "running" | "done" | "failed" | "superseded";

export const jobTransitions = {
  waiting: ["running", "failed", "superseded"],
  running: ["done", "failed"],
  done: [],
  failed: [],
  superseded: [],
} as const satisfies Record<JobStatus, readonly JobStatus[]>;

/**
 * Where a deploy is. Each step is recorded before it is begun and safe to begin again, so a job
 * that berthd left in the middle goes on from here.
 */
export const deploySteps = [
  "fetch",
  "build",
  "release",
  "hold",
  "hooks",
  "start",
  "switch",
  "finish",
] as const;
export type DeployStep = (typeof deploySteps)[number];

/** What a job was asked to do; the release and artifact that it made stand in the job itself. */
export type JobInput = {
  /** deploy, rebuild: the commit, and where the branch stood when it was pushed. */
  readonly commit?: string;
  readonly from?: string | null;
  /** release: why there is one, with the changes of the config that stay if it gets healthy. */
  readonly description?: string;
  readonly changes?: ConfigChanges;
  /** release: the one whose code and config come back. */
  readonly rollbackReleaseId?: number;
  /** restart: one instance, `web.1`; all of them when missing. */
  readonly instance?: string;
};

/** One recorded run of a long operation. Its output stands in a log file of its own. */
export type Job = {
  readonly id: number;
  readonly kind: JobKind;
  readonly branchId: number;
  readonly target: string;
  readonly actor: string;
  readonly status: JobStatus;
  readonly step: DeployStep | null;
  readonly input: JobInput;
  readonly artifactId: number | null;
  readonly releaseId: number | null;
  readonly error: ErrorReport | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
};

/** A piece of a job's output; `offset` is the byte after it, from where following goes on. */
export type JobOutput = { readonly offset: number; readonly text: string };

export function isEnded(status: JobStatus): boolean {
  return jobTransitions[status].length === 0;
}
