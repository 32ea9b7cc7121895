import { RemoteError } from "#api/client.ts";
import { followJob } from "#api/follow.ts";
import type { JobView } from "#api/views.ts";
import type { Context } from "./command.ts";
import { renderBar, showProgress } from "./job-progress.ts";
import { createLineSplitter } from "./line-splitter.ts";

type JobContext = Pick<Context, "client" | "out" | "signal">;

/**
 * Shows the output of jobs on stderr until they have ended, then a line on stdout for each.
 * @throws {RemoteError} with the error of the first job that failed, when all have ended.
 */
export async function followJobs(jobs: readonly JobView[], context: JobContext): Promise<void> {
  const { out } = context;
  const ended: JobView[] = [];
  for (const job of jobs) {
    if (jobs.length > 1) out.progress(renderProgress(ended.length, jobs.length, job.target));
    const end = await showJob(job, context);
    ended.push(end);
    if (!out.json && end.status === "done") out.line(doneLine(end));
  }
  if (out.json) out.value(jobs.length === 1 ? ended[0] : ended);
  else if (jobs.length === 0) out.note("It is as asked; nothing that runs had to change.");
  const bad = ended.find((job) => job.status !== "done");
  if (bad) throw new RemoteError(bad.error ?? unexplained(bad));
}

/** `[#####               ] 3 of 12, shop`: how many of the jobs have ended, and which one is shown. */
function renderProgress(done: number, all: number, target: string): string {
  return `${renderBar(done / all)} ${done} of ${all}, ${target}`;
}

/** None for a change that touches nothing that runs. */
export function jobsOf(change: { readonly job: JobView | null }): JobView[] {
  return change.job ? [change.job] : [];
}

async function showJob(job: JobView, { client, out, signal }: JobContext): Promise<JobView> {
  const lines = createLineSplitter(out.progress);
  using progress = out.hasStatus ? showProgress(job, { client, out }) : null;
  const following = { onText: lines.add, signal, ...(progress && { onChange: progress.change }) };
  const ended = await followJob(client, job.id, following);
  lines.end();
  return ended;
}

function doneLine(job: JobView): string {
  const tookMs = Date.parse(job.endedAt ?? job.createdAt) - Date.parse(job.createdAt);
  return `${job.target}: ${job.kind} done in ${(tookMs / 1000).toFixed(1)} s (job ${job.id}).`;
}

function unexplained(job: JobView): { code: string; message: string; hint: string } {
  const code = job.status === "superseded" ? "superseded" : "internal";
  return { code, message: `Job ${job.id} of ${job.target} is ${job.status}.`, hint: "" };
}
