import { isEnded, type Job, type JobInput, type JobKind, type JobOutput } from "#domain/job.ts";
import { PlatformError, reportOf, withDiskFull } from "#domain/errors.ts";
import type { EngineContext } from "./context.ts";

/** Where a job's output goes: headings, indented lines, and the raw output of programs. */
export type JobWriter = {
  readonly heading: (text: string) => void;
  readonly line: (text: string) => void;
  readonly raw: (bytes: Uint8Array) => void;
};

export type RunJob = (job: Job, out: JobWriter, signal: AbortSignal) => Promise<void>;

type Running = {
  readonly id: number;
  readonly abort: AbortController;
  readonly end: Promise<void>;
};

const kindsOfPush = new Set<JobKind>(["deploy", "rebuild"]);
/** Before trying again to note the end of a job, as when the disk is full. */
const retryMs = 1000;
const settleMsMax = 5000;

/**
 * One job at a time for each branch, in order; a newer push takes the place of one that waits. A
 * job is recorded before it is begun, so that it is finished even if berthd is killed meanwhile.
 */
export class JobQueue {
  readonly #context: EngineContext;
  readonly #run: RunJob;
  readonly #stopping: AbortSignal;
  readonly #running = new Map<number, Running>();

  constructor(context: EngineContext, run: RunJob, stopping: AbortSignal) {
    this.#context = context;
    this.#run = run;
    this.#stopping = stopping;
  }

  /** @throws {PlatformError} `stopping` */
  add(row: { kind: JobKind; branchId: number; actor: string; input: JobInput }): Job {
    this.#stopping.throwIfAborted();
    const { store, clock } = this.#context;
    const job = store.jobs.add({ ...row, createdAt: clock.now() });
    this.#supersede(job);
    if (this.#running.has(job.branchId)) {
      const { heading } = writerOf(this.#context, job.id);
      heading(`Waiting for the job before this one on ${job.target}`);
    }
    this.#pump(job.branchId);
    return job;
  }

  /** Goes on with what an earlier berthd left open. */
  resume(): void {
    const open = this.#context.store.jobs.open();
    for (const branchId of new Set(open.map((job) => job.branchId))) this.#pump(branchId);
  }

  /** Ends a branch's jobs, running and waiting, and resolves when none runs. */
  async cancel(branchId: number): Promise<void> {
    const now = this.#running.get(branchId);
    for (const job of this.#openOn(branchId)) {
      if (job.id !== now?.id) this.#finish(job.id, "failed", new PlatformError("stopping"));
    }
    now?.abort.abort();
    await now?.end;
  }

  /** Resolves when no job runs any more; what does not end soon is left to the next berthd. */
  async settled(): Promise<void> {
    const enough = new AbortController();
    const late = this.#context.clock.sleep(settleMsMax, enough.signal);
    await Promise.race([Promise.all([...this.#running.values()].map(({ end }) => end)), late]);
    enough.abort();
  }

  async *follow(jobId: number, from: number, signal: AbortSignal): AsyncGenerator<JobOutput> {
    const { store, jobLog } = this.#context;
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

  #pump(branchId: number): void {
    if (this.#running.has(branchId) || this.#stopping.aborted) return;
    const { clock, log } = this.#context;
    const [next] = this.#openOn(branchId);
    if (!next) return;
    const abort = new AbortController();
    const end = this.#carryOut(next, AbortSignal.any([abort.signal, this.#stopping]))
      .catch(async (error: unknown) => {
        log.error({ err: error, job: next.id }, "could not note the end of a job");
        await clock.sleep(retryMs, this.#stopping).catch(() => {});
      })
      .finally(() => {
        this.#running.delete(branchId);
        this.#pump(branchId);
      });
    this.#running.set(branchId, { id: next.id, abort, end });
  }

  async #carryOut(job: Job, signal: AbortSignal): Promise<void> {
    const { store, clock, log } = this.#context;
    const out = writerOf(this.#context, job.id);
    if (job.status === "running") out.heading("Berth was restarted; going on");
    else store.jobs.setStatus(job.id, "running", { at: clock.now(), error: null });
    try {
      await this.#run({ ...job, status: "running" }, out, signal);
    } catch (error) {
      // What berthd leaves open when it is stopped is gone on with when it runs again.
      if (this.#stopping.aborted) return;
      const cause = signal.aborted
        ? new PlatformError("stopping")
        : withDiskFull(error, this.#context.host.home);
      if (!(cause instanceof PlatformError)) log.error({ err: error, job: job.id }, "a job broke");
      return this.#finish(job.id, "failed", cause);
    }
    this.#finish(job.id, "done", null);
  }

  #finish(id: number, status: "done" | "failed" | "superseded", error: unknown): void {
    const { store, clock } = this.#context;
    if (!store.jobs.get(id)) return;
    const report = error === null ? null : reportOf(error);
    store.jobs.setStatus(id, status, { at: clock.now(), error: report });
    // Wakes who follows it.
    writerOf(this.#context, id).raw(new Uint8Array());
  }

  /** A rebuild is of what is current, so it takes no push's place. */
  #supersede(newer: Job): void {
    if (!kindsOfPush.has(newer.kind)) return;
    for (const job of this.#openOn(newer.branchId)) {
      const isReplaced =
        newer.kind === "deploy" ? kindsOfPush.has(job.kind) : job.kind === "rebuild";
      if (!isReplaced || job.status !== "waiting" || job.id >= newer.id) continue;
      this.#finish(job.id, "superseded", new PlatformError("superseded", { target: job.target }));
    }
  }

  #openOn(branchId: number): Job[] {
    return this.#context.store.jobs.open().filter((job) => job.branchId === branchId);
  }
}

/** A log that cannot be written, as on a full disk, breaks no job. */
function writerOf({ jobLog, log }: EngineContext, jobId: number): JobWriter {
  let isBroken = false;
  const append = (text: string | Uint8Array) => {
    try {
      jobLog.append(jobId, text);
    } catch (error) {
      if (!isBroken) log.error({ err: error, job: jobId }, "could not write a job's log");
      isBroken = true;
    }
  };
  return {
    heading: (text) => append(`-----> ${text}\n`),
    line: (text) => append(`       ${text.replaceAll("\n", "\n       ")}\n`),
    raw: append,
  };
}
