import { listJobs } from "#api/jobs.ts";
import type { JobStepView, JobView } from "#api/views.ts";
import { machineClock } from "#lib/clock.ts";
import type { Context } from "./command.ts";

type Progress = Disposable & {
  /** The job as it is now. */
  readonly change: (job: JobView) => void;
};

/** What is quick is over before anybody would look. */
const everyMs = 400;
const barLength = 20;

/**
 * Tells in a terminal's last line where a job is and for how long it has run, and by the last one of
 * its kind how far it may have got.
 */
export function showProgress(
  job: JobView,
  { client, out }: Pick<Context, "client" | "out">,
): Progress {
  let now = job;
  let usualMs: number | null = null;
  void usualTime(job, client).then((ms) => (usualMs = ms));
  const show = () => out.status(renderJobProgress(now, usualMs, machineClock.now()));
  const timer = setInterval(show, everyMs);
  return {
    change: (changed) => void (now = changed),
    [Symbol.dispose]: () => {
      clearInterval(timer);
      out.status(null);
    },
  };
}

/** `[#######             ] Building with node, 12 of about 30 s`: without a bar when nothing is known. */
export function renderJobProgress(job: JobView, usualMs: number | null, at: Date): string {
  const step = runningIn(job.steps)?.title ?? (job.startedAt === null ? "Waiting" : "Beginning");
  const tookMs = at.getTime() - Date.parse(job.startedAt ?? job.createdAt);
  const took = Math.floor(tookMs / 1000);
  if (usualMs === null || job.startedAt === null) return `${step}, ${took} s`;
  return `${renderBar(tookMs / usualMs)} ${step}, ${took} of about ${Math.ceil(usualMs / 1000)} s`;
}

/** @param share Of what is to be done; what takes longer than expected has a full bar. */
export function renderBar(share: number): string {
  return `[${"#".repeat(Math.round(Math.min(1, Math.max(0, share)) * barLength)).padEnd(barLength)}]`;
}

/** The innermost step that runs. */
function runningIn(steps: readonly JobStepView[]): JobStepView | null {
  const running = steps.findLast(({ status }) => status === "running");
  return running ? (runningIn(running.steps) ?? running) : null;
}

/** How long the last such job took that did well; null when there is none, or it cannot be asked. */
async function usualTime(
  { kind, target }: JobView,
  client: Context["client"],
): Promise<number | null> {
  const query = { kind, status: "done", limit: 1, ...(target !== "" && { target }) };
  const last = await client(listJobs, { query }).catch(() => null);
  const [job] = last?.items ?? [];
  if (!job?.endedAt || job.startedAt === null) return null;
  return Date.parse(job.endedAt) - Date.parse(job.startedAt);
}
