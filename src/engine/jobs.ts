import type { App } from "#domain/app.ts";
import { targetOf } from "#domain/branch.ts";
import type { Door } from "#domain/door.ts";
import { PlatformError, reportOf, withDiskFull } from "#domain/errors.ts";
import {
  isEnded,
  refusalToAbort,
  type Job,
  type JobInput,
  type JobKind,
  type JobOutput,
} from "#domain/job.ts";
import type { EngineContext } from "./context.ts";
import { factsOfJob, noteJobEnd } from "./job-audit.ts";
import { writerOf, type JobWriter } from "./job-writer.ts";
import { createStepRecorder, type StepRecorder } from "./steps.ts";

/** A job at work: where its output and its steps go, and what ends it early. */
export type JobRun = StepRecorder & {
  readonly job: Job;
  readonly out: JobWriter;
  /** Aborts when a person aborts the job, and whenever `stopping` does. */
  readonly signal: AbortSignal;
  /** Aborts when berthd or the branch ends: then nothing is to be undone. */
  readonly stopping: AbortSignal;
};

export type NewJob = {
  readonly kind: JobKind;
  readonly actor: string;
  readonly door: Door;
  readonly input: JobInput;
  /** What it is of: a branch, an app as a whole or, with neither, the platform. */
  readonly branchId?: number;
  readonly app?: App;
};

type Running = {
  readonly id: number;
  readonly abort: AbortController;
  readonly cancel: AbortController;
  readonly end: Promise<void>;
};

const kindsOfPush = new Set<JobKind>(["deploy", "rebuild"]);
/** Before trying again to note the end of a job, as when the disk is full. */
const retryMs = 1000;
const settleMsMax = 5000;
/** In one lane; whoever looks for what is open looks at all of them. */
const openMax = 100;

/**
 * One job at a time for each branch, in order; a newer push takes the place of one that waits. A
 * job is recorded before it is begun, so that it is finished even if berthd is killed meanwhile.
 */
export class JobQueue {
  readonly #context: EngineContext;
  readonly #run: (run: JobRun) => Promise<void>;
  readonly #stopping: AbortSignal;
  /** By lane: what waits for what. */
  readonly #running = new Map<string, Running>();
  /** Of branches that are being removed. */
  readonly #closed = new Set<number | null>();

  constructor(context: EngineContext, run: (run: JobRun) => Promise<void>, stopping: AbortSignal) {
    this.#context = context;
    this.#run = run;
    this.#stopping = stopping;
  }

  /** @throws {PlatformError} `stopping`, `branch_removed`, `too_many_jobs` */
  add(asked: NewJob): Job {
    this.#stopping.throwIfAborted();
    const row = rowOf(this.#context, asked);
    if (this.#closed.has(row.branchId)) {
      throw new PlatformError("branch_removed", { target: row.target });
    }
    this.#refuseCrowd(row);
    const job = this.#context.store.jobs.add(row);
    this.#supersede(job);
    if (this.#running.has(laneOf(job))) {
      const { heading } = writerOf(this.#context, job.id);
      heading(`Waiting for the job before this one on ${job.target || "this Berth"}`);
    }
    this.#pump(laneOf(job));
    return job;
  }

  /** A push is never refused: those that wait give way to it. */
  #refuseCrowd(row: ReturnType<typeof rowOf>): void {
    if (row.kind === "run" || row.kind === "deploy") return;
    const count = this.#openIn(laneOf({ ...row, id: 0 })).length;
    const target = row.target || "this Berth";
    if (count >= openMax) throw new PlatformError("too_many_jobs", { count, target });
  }

  /** Goes on with what an earlier berthd left open. */
  resume(): void {
    const open = this.#context.store.jobs.open();
    for (const lane of new Set(open.map(laneOf))) this.#pump(lane);
  }

  /** Ends a branch's jobs, running and waiting, takes no more, and resolves when none runs. */
  async close(branchId: number): Promise<void> {
    this.#closed.add(branchId);
    const mine = this.#context.store.jobs.open().filter((job) => job.branchId === branchId);
    const ends = mine.map(async (job) => {
      const now = this.#running.get(laneOf(job));
      if (now?.id !== job.id) return this.#finish(job.id, "failed", new PlatformError("stopping"));
      now.cancel.abort();
      await now.end;
    });
    await Promise.all(ends);
  }

  /** Takes jobs of a branch again. */
  open(branchId: number): void {
    this.#closed.delete(branchId);
  }

  /**
   * Ends a job for whoever asks, and resolves when it has ended; what was live before is live then.
   * @throws {PlatformError} `job_ended`, `abort_too_late`
   */
  async abort(job: Job, actor: string): Promise<void> {
    if (isEnded(job.status)) throw endedAlready(job);
    const now = this.#running.get(laneOf(job));
    const aborted = new PlatformError("aborted", { actor, job: job.id });
    if (now?.id !== job.id) return this.#finish(job.id, "aborted", aborted);
    const refusal = refusalToAbort(job);
    if (refusal) throw new PlatformError("abort_too_late", { job: job.id, ...refusal });
    now.abort.abort(aborted);
    await now.end;
  }

  /** Resolves when no job runs any more; what does not end soon is left to the next berthd. */
  async settled(): Promise<void> {
    const enough = new AbortController();
    const late = this.#context.clock.sleep(settleMsMax, enough.signal);
    await Promise.race([Promise.all([...this.#running.values()].map(({ end }) => end)), late]);
    enough.abort();
  }

  /** A job's output from a byte on, and the job itself each time that it has changed. */
  async *follow(
    jobId: number,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<JobOutput | { readonly job: Job }> {
    const { store, jobLog } = this.#context;
    let offset = from;
    let told = "";
    while (!signal.aborted) {
      // Asked before reading, so that what is written between the two is still seen.
      const job = store.jobs.get(jobId);
      if (!job) return;
      const hasEnded = isEnded(job.status);
      const change = hasEnded ? null : jobLog.changed(jobId, 1000, signal);
      if (!hasEnded && JSON.stringify(job) !== told) yield { job };
      told = JSON.stringify(job);
      const read = await jobLog.read(jobId, offset);
      offset = read.offset;
      if (read.text !== "") yield read;
      else if (hasEnded) {
        yield { job };
        return;
      } else await change;
    }
  }

  #pump(lane: string): void {
    if (this.#running.has(lane) || this.#stopping.aborted) return;
    const { clock, log } = this.#context;
    const [next] = this.#openIn(lane);
    if (!next || (next.branchId !== null && this.#closed.has(next.branchId))) return;
    const [abort, cancel] = [new AbortController(), new AbortController()];
    const end = this.#carryOut(next, { abort: abort.signal, cancel: cancel.signal })
      .catch(async (error: unknown) => {
        log.error({ err: error, job: next.id }, "could not note the end of a job");
        await clock.sleep(retryMs, this.#stopping).catch(() => {});
      })
      .finally(() => {
        this.#running.delete(lane);
        this.#pump(lane);
      });
    this.#running.set(lane, { id: next.id, abort, cancel, end });
  }

  async #carryOut(
    job: Job,
    { abort, cancel }: { abort: AbortSignal; cancel: AbortSignal },
  ): Promise<void> {
    const { store, clock, log } = this.#context;
    const out = writerOf(this.#context, job.id);
    if (job.status === "running") out.heading("Berth was restarted; going on");
    else {
      const before = factsOfJob(store, job);
      store.jobs.setStatus(job.id, "running", { at: clock.now(), error: null, before });
    }
    const stopping = AbortSignal.any([cancel, this.#stopping]);
    const signal = AbortSignal.any([abort, stopping]);
    const steps = createStepRecorder(this.#context, job, { out, signal, stopping });
    try {
      await this.#run({ ...steps, job: { ...job, status: "running" }, out, signal, stopping });
    } catch (error) {
      // What berthd leaves open when it is stopped is gone on with when it runs again.
      if (this.#stopping.aborted) return;
      if (abort.aborted) return this.#finish(job.id, "aborted", abort.reason);
      const cause = cancel.aborted
        ? new PlatformError("stopping")
        : withDiskFull(error, this.#context.host.home);
      if (!(cause instanceof PlatformError)) log.error({ err: error, job: job.id }, "a job broke");
      return this.#finish(job.id, "failed", cause);
    }
    this.#finish(job.id, "done", null);
  }

  #finish(id: number, status: "done" | "failed" | "superseded" | "aborted", error: unknown): void {
    const { store, clock } = this.#context;
    const job = store.jobs.get(id);
    if (!job) return;
    const report = error === null ? null : reportOf(error);
    store.transaction(() => {
      store.jobs.setStatus(id, status, { at: clock.now(), error: report });
      noteJobEnd(this.#context, job, { status, error: report });
    });
    writerOf(this.#context, id).wake();
  }

  /** A rebuild is of what is current, so it takes no push's place. */
  #supersede(newer: Job): void {
    if (!kindsOfPush.has(newer.kind)) return;
    for (const job of this.#openIn(laneOf(newer))) {
      const isReplaced =
        newer.kind === "deploy" ? kindsOfPush.has(job.kind) : job.kind === "rebuild";
      if (!isReplaced || job.status !== "waiting" || job.id >= newer.id) continue;
      this.#finish(job.id, "superseded", new PlatformError("superseded", { target: job.target }));
    }
  }

  #openIn(lane: string): Job[] {
    return this.#context.store.jobs.open().filter((job) => laneOf(job) === lane);
  }
}

/** The row of a new job, for whoever adds it in a transaction with something else. */
export function rowOf(
  { store, clock }: Pick<EngineContext, "store" | "clock">,
  { branchId, app, ...row }: NewJob,
): Parameters<EngineContext["store"]["jobs"]["add"]>[0] {
  const createdAt = clock.now();
  const branch = branchId === undefined ? null : store.branches.get(branchId);
  if (branch) {
    const about = { branchId: branch.id, appId: branch.appId, target: targetOf(branch) };
    return { ...row, ...about, createdAt };
  }
  return { ...row, branchId: null, appId: app?.id ?? null, target: app?.name ?? "", createdAt };
}

/** Jobs of one lane wait for each other; a one-off command waits for nothing. */
function laneOf({
  id,
  kind,
  branchId,
  appId,
}: Pick<Job, "id" | "kind" | "branchId" | "appId">): string {
  if (kind === "run") return `run ${id}`;
  if (branchId !== null) return `branch ${branchId}`;
  return appId === null ? "platform" : `app ${appId}`;
}

function endedAlready({ id, status }: Job): PlatformError {
  return new PlatformError("job_ended", { job: id, status });
}
