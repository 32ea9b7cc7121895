import type { EngineContext } from "./context.ts";

const dayMs = 86_400_000;
const everyMs = 3_600_000;
/** After the start there is more urgent work. */
const firstMs = 60_000;
/** Rows at once, and the pause after them, so that nobody waits for the database. */
const batch = 500;
const pauseMs = 100;
const keyMs = dayMs;

/** Removes what is older, or more, than the settings keep: now and then, a little at a time. */
export async function keepWithinBounds(
  context: EngineContext,
  stopping: AbortSignal,
): Promise<void> {
  const { clock, log } = context;
  for (let waitMs = firstMs; !stopping.aborted; waitMs = everyMs) {
    await clock.sleep(waitMs, stopping).catch(() => {});
    if (stopping.aborted) return;
    await prunePast(context, stopping).catch((error: unknown) => {
      if (!stopping.aborted) log.error({ err: error }, "could not remove what is past");
    });
  }
}

/** One round of it. */
export async function prunePast(context: EngineContext, stopping: AbortSignal): Promise<void> {
  const { store, clock, hostConfig } = context;
  const { eventsDays, eventsMax, jobsDays, jobsMax, jobLogsMb } = hostConfig().settings.retention;
  const ago = (ms: number) => new Date(clock.now().getTime() - ms);
  const pause = () => clock.sleep(pauseMs, stopping);
  const events = { before: ago(eventsDays * dayMs), keep: eventsMax, batch };
  while (store.events.prune(events) === batch) await pause();
  while (store.once.prune({ before: ago(keyMs), batch }) === batch) await pause();
  const jobs = { before: ago(jobsDays * dayMs), keep: jobsMax, batch };
  while ((await pruneJobs(context, jobs)) === batch) await pause();
  await removeStrayLogs(context);
  await pruneJobLogs(context, jobLogsMb * 1_000_000);
}

async function pruneJobs(
  { store, jobLog }: EngineContext,
  past: { readonly before: Date; readonly keep: number; readonly batch: number },
): Promise<number> {
  const ids = store.jobs.past(past);
  // Logs first: a row without one is still removed the next time, a log without a row is not seen.
  for (const id of ids) await jobLog.remove(id);
  store.jobs.remove(ids);
  return ids.length;
}

/** Logs of jobs whose rows went with their branch when berthd was killed. */
async function removeStrayLogs({ store, jobLog }: EngineContext): Promise<void> {
  const logs = await jobLog.ids();
  // Asked after the logs, so that a job that begins meanwhile is known.
  const known = new Set(store.jobs.ids());
  for (const id of logs) if (!known.has(id)) await jobLog.remove(id);
}

/** The oldest go first; those of jobs that go on are spared. */
async function pruneJobLogs({ store, jobLog }: EngineContext, bytesMax: number): Promise<void> {
  const open = new Set(store.jobs.open().map(({ id }) => id));
  let bytes = 0;
  for (const id of (await jobLog.ids()).toSorted((a, b) => b - a)) {
    bytes += jobLog.size(id);
    if (bytes > bytesMax && !open.has(id)) await jobLog.remove(id);
  }
}
