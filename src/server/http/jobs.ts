import { followJobOutput, jobInfo, listJobs } from "#api/jobs.ts";
import { parseTarget } from "#domain/app.ts";
import type { Job, JobOutput } from "#domain/job.ts";
import { isEnded } from "#domain/job.ts";
import type { Engine } from "#engine/engine.ts";
import { visibleNames } from "./admit.ts";
import { handle, handleStream, type Handler } from "./handle.ts";

export const jobHandlers: readonly Handler[] = [
  handle(listJobs, async ({ query, visible }, engine) => {
    const apps = visibleNames(engine.people, visible);
    const jobs = await engine.listJobs(query.target ?? null, query.limit);
    return jobs.filter(({ target }) => apps === null || apps.has(parseTarget(target).app));
  }),
  handle(jobInfo, ({ params }, engine) => engine.job(params.job)),
  handleStream(followJobOutput, ({ params, query, signal }, engine) =>
    outputOf(engine, { job: params.job, offset: query.offset, signal }),
  ),
];

/** A job's output, then the job: without it, the stream was cut and the client asks again. */
async function* outputOf(
  engine: Engine,
  from: { readonly job: number; readonly offset: number; readonly signal: AbortSignal },
): AsyncGenerator<JobOutput | { job: Job }> {
  yield* engine.followJob(from.job, from.offset, from.signal);
  const job = await engine.job(from.job);
  if (isEnded(job.status)) yield { job };
}
