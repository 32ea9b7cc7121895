import type { Known } from "./audit.ts";
import type { ConfigChanges } from "./branch.ts";
import type { Door } from "./door.ts";
import type { ErrorReport } from "./errors.ts";

export const jobKinds = [
  "deploy",
  "rebuild",
  "release",
  "restart",
  "stop",
  "start",
  "destroy",
  "cleanup",
  "run",
] as const;
export type JobKind = (typeof jobKinds)[number];

/** `waiting` for its turn on the branch; all but the first two are ends. */
export const jobStatuses = [
  "waiting",
  "running",
  "done",
  "failed",
  "superseded",
  "aborted",
] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const jobTransitions = {
  waiting: ["running", "failed", "superseded", "aborted"],
  running: ["done", "failed", "aborted"],
  done: [],
  failed: [],
  superseded: [],
  aborted: [],
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

/** How a step stands; `interrupted` when berthd was away before its end. */
export const stepStatuses = ["running", "done", "failed", "aborted", "interrupted"] as const;
export type StepStatus = (typeof stepStatuses)[number];

/** A part of a job's work, recorded before it is begun. Steps within it are its own steps. */
export type JobStep = {
  readonly name: string;
  /** What is done in it, in words: `Building with node`. */
  readonly title: string;
  readonly status: StepStatus;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Where its output begins and ends in the job's, in bytes; `to` is null while it runs. */
  readonly from: number;
  readonly to: number | null;
  /** Of the command that it ran; missing where it ran none, null when that was killed. */
  readonly exitCode?: number | null;
  readonly steps: readonly JobStep[];
};

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
  /** run: the command line. */
  readonly command?: string;
};

/** One recorded run of a long operation. Its output stands in a log file of its own. */
export type Job = {
  readonly id: number;
  readonly kind: JobKind;
  /** Null for a job of an app as a whole, or of the platform. */
  readonly branchId: number | null;
  readonly appId: number | null;
  /** `shop@staging` as it was called then, `shop` for the whole app; empty for the platform. */
  readonly target: string;
  readonly actor: string;
  readonly door: Door;
  readonly status: JobStatus;
  readonly step: DeployStep | null;
  readonly steps: readonly JobStep[];
  readonly input: JobInput;
  readonly artifactId: number | null;
  readonly releaseId: number | null;
  readonly error: ErrorReport | null;
  /** What was so of what it works on when it began; null unless it runs. */
  readonly before: Known | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
};

/** A piece of a job's output; `offset` is the byte after it, from where following goes on. */
export type JobOutput = { readonly offset: number; readonly text: string };

type Refusal = { readonly problem: string; readonly fix: string };

/**
 * Why a running job cannot be aborted, and what to do instead; null when it can. Before the switch
 * whatever fails changes nothing, so that is safe; afterwards half of a change would be left.
 */
export function refusalToAbort({
  kind,
  step,
  target,
}: Pick<Job, "kind" | "step" | "target">): Refusal | null {
  if (kind === "destroy" || kind === "cleanup")
    return { problem: "it removes things until all of it is gone", fix: "Wait for its end." };
  if (kind === "stop") {
    const fix = `Start it again with berth ps:start -a ${target}`;
    return { problem: "the instances are being stopped", fix };
  }
  if (kind === "start" || (step !== "switch" && step !== "finish")) return null;
  const fix = `Go back with berth rollback -a ${target}`;
  return { problem: "what it brings up has the traffic already", fix };
}

export function isEnded(status: JobStatus): boolean {
  return jobTransitions[status].length === 0;
}
