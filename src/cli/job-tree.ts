import type { JobStepView, JobView } from "#api/views.ts";
import { moment } from "./moment.ts";
import type { Output } from "./output.ts";

const marks = {
  running: "…",
  done: "✓",
  failed: "✗",
  aborted: "✗",
  interrupted: "~",
} as const satisfies Record<JobStepView["status"], string>;

/** A job with its steps as a tree, how long each took, and why it failed. */
export function printJob(job: JobView, out: Output): void {
  out.line(`Job      ${job.id}, ${job.kind}${job.target === "" ? "" : ` of ${job.target}`}`);
  out.line(`Status   ${job.status}${job.startedAt === null ? "" : ` after ${tookOf(job)}`}`);
  out.line(`By       ${job.actor}, through ${job.door}`);
  out.line(`Created  ${moment(job.createdAt)}`);
  if (job.input.commit !== undefined) out.line(`Commit   ${job.input.commit}`);
  if (job.input.description !== undefined) out.line(`Why      ${job.input.description}`);
  if (job.steps.length > 0) out.line("");
  for (const step of job.steps) printStep(step, out, "");
  if (job.error) {
    out.line("");
    for (const line of job.error.message.split("\n")) out.line(line);
    if (job.error.hint !== "") out.line(`→ ${job.error.hint}`);
  }
  out.note(`Its output: berth jobs:follow ${job.id}`);
}

function printStep(step: JobStepView, out: Output, indent: string): void {
  const took = step.endedAt === null ? "running" : tookOf(step);
  const how = step.status === "done" || step.status === "running" ? "" : `, ${step.status}`;
  out.line(`${indent}${marks[step.status]} ${step.title}  ${took}${how}`);
  for (const child of step.steps) printStep(child, out, `${indent}  `);
}

function tookOf(of: {
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}): string {
  if (of.startedAt === null) return "-";
  if (of.endedAt === null) return "running";
  const ms = Date.parse(of.endedAt) - Date.parse(of.startedAt);
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
