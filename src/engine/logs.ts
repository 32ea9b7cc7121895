import type { Branch } from "#domain/branch.ts";
import { isEnded, jobKinds, type Job } from "#domain/job.ts";
import {
  lineFilter,
  logMoment,
  newestLines,
  type LogFilter,
  type LogLine,
  type LogOrigin,
} from "#domain/logs.ts";
import type { Store } from "#domain/store.ts";
import type { EngineContext } from "./context.ts";
import type { LogQuery } from "./engine.ts";
import { merge } from "./merge.ts";
import { branchAt } from "./targets.ts";

/** Jobs whose output is searched, the newest ones. */
const jobsRead = 20;
const buildKinds = jobKinds.filter((kind) => kind !== "run");
const lookMs = 1000;

/** Lines of a branch, the newest of what is kept and then, if asked for, what comes. */
export async function* readLogs(
  context: EngineContext,
  { target, query }: { target: string; query: LogQuery },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const branch = branchAt(context.store, target);
  const { origins, lines, follow, ...filter } = query;
  const readers = origins.map((origin) => readerOf(context, branch, origin));
  const tails = await Promise.all(readers.map((reader) => reader.tail(filter, lines)));
  yield* newestLines(tails.flat(), lines);
  if (follow) yield* merge(readers.map((reader) => reader.follow(filter, signal)));
}

type BranchReader = {
  readonly tail: (filter: LogFilter, lines: number) => Promise<LogLine[]>;
  readonly follow: (filter: LogFilter, signal: AbortSignal) => AsyncIterable<LogLine>;
};

function readerOf(context: EngineContext, branch: Branch, origin: LogOrigin): BranchReader {
  if (origin === "build") {
    return {
      tail: (filter, lines) => tailOfJobs(context, branch, { filter, lines }),
      follow: (filter, signal) => followJobs(context, branch, { filter, signal }),
    };
  }
  const logs = origin === "app" ? context.instanceLogs : context.routerLogs;
  return {
    tail: (filter, lines) => logs.tail(branch.id, filter, lines),
    follow: (filter, signal) => logs.follow(branch.id, filter, signal),
  };
}

async function tailOfJobs(
  context: EngineContext,
  branch: Branch,
  { filter, lines }: { filter: LogFilter; lines: number },
): Promise<LogLine[]> {
  const { isWanted, sinceAt } = lineFilter(filter);
  const found: LogLine[][] = [];
  let count = 0;
  for (const job of buildsOf(context.store, branch.id)) {
    if (count >= lines || (job.endedAt !== null && logMoment(job.endedAt) < sinceAt)) break;
    const wanted = (await everyLineOf(context, job)).filter(isWanted);
    found.unshift(wanted);
    count += wanted.length;
  }
  return newestLines(found.flat(), lines);
}

async function everyLineOf({ jobLog }: EngineContext, job: Job): Promise<LogLine[]> {
  const found: LogLine[][] = [];
  for (let offset = 0; ;) {
    const piece = await jobLog.lines(job.id, offset);
    if (piece.offset === offset) return found.flat();
    found.push(sourced(job, piece.lines));
    offset = piece.offset;
  }
}

/** Newest first. What a one-off command printed is for fewer eyes. */
export function buildsOf({ jobs }: Pick<Store, "jobs">, branchId: number): Job[] {
  return jobs.list({ branchId, kinds: buildKinds, limit: jobsRead });
}

async function* followJobs(
  context: EngineContext,
  branch: Branch,
  { filter, signal }: { filter: LogFilter; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const { clock } = context;
  const { isWanted } = lineFilter(filter);
  const ended = buildsOf(context.store, branch.id).filter(({ status }) => isEnded(status));
  let last = Math.max(0, ...ended.map(({ id }) => id));
  while (!signal.aborted) {
    const job = buildsOf(context.store, branch.id).findLast(({ id }) => id > last);
    if (!job) {
      await clock.sleep(lookMs, signal).catch(() => {});
      continue;
    }
    for await (const lines of followJob(context, job, signal)) yield* lines.filter(isWanted);
    last = job.id;
  }
}

/** Whole lines of a job's output, some at a time, until it has ended. */
async function* followJob(
  { store, jobLog }: EngineContext,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  for (let offset = 0; !signal.aborted;) {
    const hasEnded = isEnded(store.jobs.get(job.id)?.status ?? "done");
    const piece = await jobLog.lines(job.id, offset);
    yield sourced(job, piece.lines);
    if (piece.offset === offset && hasEnded) return;
    if (piece.offset === offset) await jobLog.changed(job.id, lookMs, signal);
    offset = piece.offset;
  }
}

function sourced({ id }: Job, lines: readonly Pick<LogLine, "at" | "text">[]): LogLine[] {
  return lines.map((line) => ({ ...line, source: `job.${id}` }));
}
