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

/** What jobs printed bears no time of its own: each line counts as of the job's beginning. */
async function tailOfJobs(
  context: EngineContext,
  branch: Branch,
  { filter, lines }: { filter: LogFilter; lines: number },
): Promise<LogLine[]> {
  const { isWanted, sinceAt } = lineFilter(filter);
  const found: LogLine[][] = [];
  let count = 0;
  for (const job of buildsOf(context, branch)) {
    if (count >= lines || timeOf(job) < sinceAt) break;
    const wanted = linesOf(job, await wholeOutput(context, job.id)).filter(isWanted);
    found.unshift(wanted);
    count += wanted.length;
  }
  return newestLines(found.flat(), lines);
}

async function wholeOutput({ jobLog }: EngineContext, jobId: number): Promise<string> {
  const texts: string[] = [];
  for (let offset = 0; ;) {
    const piece = await jobLog.read(jobId, offset);
    if (piece.offset === offset) return texts.join("");
    texts.push(piece.text);
    offset = piece.offset;
  }
}

/** Newest first. What a one-off command printed is for fewer eyes. */
function buildsOf({ store }: EngineContext, { id }: Branch): Job[] {
  return store.jobs.list({ branchId: id, kinds: buildKinds, limit: jobsRead });
}

async function* followJobs(
  context: EngineContext,
  branch: Branch,
  { filter, signal }: { filter: LogFilter; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const { clock } = context;
  const { isWanted } = lineFilter(filter);
  const ended = buildsOf(context, branch).filter(({ status }) => isEnded(status));
  let last = Math.max(0, ...ended.map(({ id }) => id));
  while (!signal.aborted) {
    const job = buildsOf(context, branch).findLast(({ id }) => id > last);
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
  let rest = "";
  for (let offset = 0; !signal.aborted;) {
    const hasEnded = isEnded(store.jobs.get(job.id)?.status ?? "done");
    const piece = await jobLog.read(job.id, offset);
    const whole = (rest + piece.text).split("\n");
    rest = whole.pop() ?? "";
    yield linesOf(job, whole.join("\n"));
    if (piece.offset === offset && hasEnded) return;
    if (piece.offset === offset) await jobLog.changed(job.id, lookMs, signal);
    offset = piece.offset;
  }
}

function linesOf(job: Job, text: string): LogLine[] {
  if (text === "") return [];
  const at = timeOf(job);
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => ({ at, source: `job.${job.id}`, text: line }));
}

function timeOf({ startedAt, createdAt }: Job): string {
  return logMoment(startedAt ?? createdAt);
}
