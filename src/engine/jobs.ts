import { isEnded, type Job, type JobInput, type JobKind, type JobOutput } from "#domain/job.ts";
import { PlatformError, reportOf } from "#domain/errors.ts";
import type { EngineContext } from "./context.ts";

/** Where a job's output goes: headings, indented lines, and the raw output of programs. */
export type JobWriter = {
  readonly heading: (text: string) => void;
  readonly line: (text: string) => void;
  readonly raw: (bytes: Uint8Array) => void;
};

export type RunJob = (job: Job, out: JobWriter, signal: AbortSignal) => Promise<void>;

export type JobQueue = {
  readonly add: (job: { kind: JobKind; branchId: number; actor: string; input: JobInput }) => Job;
  /** Goes on with what an earlier berthd left open. */
  readonly resume: () => void;
  readonly follow: (jobId: number, offset: number, signal: AbortSignal) => AsyncIterable<JobOutput>;
  /** Ends a branch's jobs, running and waiting, and resolves when none runs. */
  readonly cancel: (branchId: number) => Promise<void>;
};

const kindsOfPush = new Set<JobKind>(["deploy", "rebuild"]);

/**
 * One job at a time for each branch, in order; a newer push takes the place of one that waits. A
 * job is recorded before it is begun, so that it is finished even if berthd is killed meanwhile.
 */
export function createJobQueue(
  context: EngineContext,
  run: RunJob,
  stopping: AbortSignal,
): JobQueue {
  const { store, clock, jobLog, log } = context;
  const running = new Map<number, { abort: AbortController; end: Promise<void> }>();

  function pump(branchId: number): void {
    if (running.has(branchId) || stopping.aborted) return;
    const next = store.jobs.open().find((job) => job.branchId === branchId);
    if (!next) return;
    const abort = new AbortController();
    const end = carryOut(next, AbortSignal.any([abort.signal, stopping]))
      .catch((error: unknown) => log.error({ err: error, job: next.id }, "could not end a job"))
      .finally(() => {
        running.delete(branchId);
        pump(branchId);
      });
    running.set(branchId, { abort, end });
  }

  async function carryOut(job: Job, signal: AbortSignal): Promise<void> {
    const out = writerOf(context, job.id);
    if (job.status === "running") out.heading("Berth was restarted; going on");
    else store.jobs.setStatus(job.id, "running", { at: clock.now(), error: null });
    try {
      await run({ ...job, status: "running" }, out, signal);
      finish(job.id, "done", null);
    } catch (error) {
      // What berthd leaves open when it is stopped is gone on with when it runs again.
      if (stopping.aborted) return;
      if (!(error instanceof PlatformError)) log.error({ err: error, job: job.id }, "a job broke");
      finish(job.id, "failed", signal.aborted ? new PlatformError("stopping") : error);
    }
  }

  function finish(id: number, status: "done" | "failed" | "superseded", error: unknown): void {
    if (!store.jobs.get(id)) return;
    store.jobs.setStatus(id, status, {
      at: clock.now(),
      error: error === null ? null : reportOf(error),
    });
    jobLog.append(id, "");
  }

  function supersede(newer: Job): void {
    if (!kindsOfPush.has(newer.kind)) return;
    const older = store.jobs
      .open()
      .filter(
        (job) => job.branchId === newer.branchId && job.status === "waiting" && job.id < newer.id,
      );
    for (const job of older.filter(({ kind }) => kindsOfPush.has(kind))) {
      finish(job.id, "superseded", new PlatformError("superseded", { target: job.target }));
    }
  }

  async function* follow(
    jobId: number,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<JobOutput> {
    let offset = from;
    while (!signal.aborted) {
      // Asked before reading, so that what is written between the two is still seen.
      const hasEnded = isEnded(store.jobs.get(jobId)?.status ?? "failed");
      const change = hasEnded ? null : jobLog.changed(jobId, 1000, signal);
      const read = await jobLog.read(jobId, offset);
      offset = read.offset;
      if (read.text !== "") yield read;
      else if (hasEnded) return;
      else await change;
    }
  }

  return {
    add: (row) => {
      const job = store.jobs.add({ ...row, createdAt: clock.now() });
      supersede(job);
      const ahead = running.has(job.branchId);
      if (ahead)
        writerOf(context, job.id).heading(`Waiting for the job before this one on ${job.target}`);
      pump(job.branchId);
      return job;
    },
    resume: () => {
      for (const branchId of new Set(store.jobs.open().map((job) => job.branchId))) pump(branchId);
    },
    follow,
    cancel: async (branchId) => {
      for (const job of store.jobs
        .open()
        .filter((it) => it.branchId === branchId && it.status === "waiting")) {
        finish(job.id, "failed", new PlatformError("stopping"));
      }
      const now = running.get(branchId);
      now?.abort.abort();
      await now?.end;
    },
  };
}

function writerOf({ jobLog }: EngineContext, jobId: number): JobWriter {
  return {
    heading: (text) => jobLog.append(jobId, `-----> ${text}\n`),
    line: (text) => jobLog.append(jobId, `       ${text.replaceAll("\n", "\n       ")}\n`),
    raw: (bytes) => jobLog.append(jobId, bytes),
  };
}
