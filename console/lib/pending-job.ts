import type { BranchView, JobView } from "#api/views.ts";

/** Kinds of jobs that make another release current. */
export const releasingKinds = ["deploy", "rebuild", "release"] as const satisfies JobView["kind"][];

/** Whether a job would have made another release current than the one that is, and has not, or not yet. */
export function isPending({ kind, status, createdAt }: JobView, { current }: BranchView): boolean {
  if (!releasingKinds.some((it) => it === kind) || status === "done") return false;
  return current === null || Date.parse(createdAt) > Date.parse(current.createdAt);
}
