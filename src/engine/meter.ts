import type { Instance, InstancePlace } from "#domain/instance.ts";
import { isEnded, type Job } from "#domain/job.ts";
import {
  countRequest,
  deployFields,
  emptyPoint,
  hostFields,
  instanceFields,
  mergePoints,
  tickMs,
  type InstanceUsage,
  type MachineUsage,
  type Series,
} from "#domain/metrics.ts";
import type { RequestLine } from "#domain/request-log.ts";
import type { EngineContext } from "./context.ts";
import { nameOf } from "./health.ts";
import { RecentTraffic } from "./recent-traffic.ts";
import type { Owner } from "./traffic.ts";

/** A span is closed this long after its end: the router writes its log once a second. */
const patienceMs = 2500;
const foldEveryTicks = 60;
const jobsLookedAt = 50;
const disksEveryLooks = 6;

type Counted = { readonly series: Series; readonly point: number[] };

/** What an instance or the host uses at the moment. */
export type Use = Omit<InstanceUsage, "cpuMs"> & { readonly cpuCores: number };

/**
 * Measures: counts requests, restarts and deploys as they happen, looks every ten seconds at what
 * instances and the host use, and keeps it all in the metrics store.
 */
export class Meter {
  /** Since berthd began; what only grows. */
  readonly totals = new Map<string, Counted>();
  /** By instance id, of the last look. */
  readonly uses = new Map<number, Use>();
  readonly recent = new RecentTraffic();
  machine: MachineUsage | null = null;
  skippedBytes = 0;
  /** Is called when what was measured is kept. */
  onKept = (): void => {};
  readonly #context: EngineContext;
  /** Spans that are not kept yet, by their beginning. */
  readonly #open = new Map<number, Map<string, Counted>>();
  readonly #before = new Map<number, InstanceUsage>();
  /** What each instance fills of the disk, looked at less often. */
  #disks = new Map<number, number>();
  #looks = 0;
  #openJobs = new Set<number>();
  #newestJob = 0;
  #lookedMs = 0;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  countRequest({ branchId, processType }: Owner, line: RequestLine): void {
    const series = { kind: "requests", branchId, name: processType } as const;
    countRequest(this.#counted(series, line.atMs).point, line);
    countRequest(this.#total(series).point, line);
    this.recent.count(branchId, line);
  }

  countExit(instance: Instance): void {
    const { branchId } = instance;
    const point = emptyPoint("instance");
    point[instanceFields.restarts] = 1;
    this.#count({ kind: "instance", branchId, name: nameOf(instance) }, point);
  }

  /** Measures until `stopping` aborts; what is counted by then is kept. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock, metrics, store } = this.#context;
    this.#newestJob = store.jobs.list({ limit: 1 })[0]?.id ?? 0;
    this.#openJobs = new Set(store.jobs.open().map(({ id }) => id));
    this.#lookedMs = this.#nowMs();
    await this.#try(async () => this.recent.load(metrics, this.#lookedMs));
    for (let ticks = 1; !stopping.aborted; ticks += 1) {
      const nowMs = this.#nowMs() - patienceMs;
      const waitMs = (Math.floor(nowMs / tickMs) + 1) * tickMs - nowMs;
      await clock.sleep(waitMs, stopping).catch(() => {});
      if (stopping.aborted) break;
      await this.#try(() => this.#look());
      await this.#try(async () => this.#keep(this.#nowMs() - patienceMs));
      this.onKept();
      if (ticks % foldEveryTicks === 1) {
        await this.#try(() => metrics.fold(this.#nowMs() - 3 * patienceMs));
      }
    }
    await this.#try(async () => this.#keep(Number.MAX_SAFE_INTEGER));
  }

  forget(branchId: number): void {
    for (const [key, { series }] of this.totals) {
      if (series.branchId === branchId) this.totals.delete(key);
    }
    this.recent.forget(branchId);
    this.#context.metrics.remove(branchId);
  }

  async #look(): Promise<void> {
    const { store, executor, machine } = this.#context;
    this.#countJobs();
    const nowMs = this.#nowMs();
    const seconds = Math.max(1, nowMs - this.#lookedMs) / 1000;
    this.#lookedMs = nowMs;
    const instances = store.instances.places();
    const usages = await executor.usage(instances.map(({ id }) => id));
    if (this.#looks % disksEveryLooks === 0) await this.#lookAtDisks(instances);
    this.#looks += 1;
    for (const id of this.#before.keys()) {
      if (usages.has(id)) continue;
      this.#before.delete(id);
      this.uses.delete(id);
    }
    for (const instance of instances) {
      const usage = usages.get(instance.id);
      if (usage) this.#countUsage(instance, usage, seconds);
    }
    this.#countMachine(await machine.usage());
  }

  async #lookAtDisks(instances: readonly InstancePlace[]): Promise<void> {
    const { instanceLogs } = this.#context;
    const sizes = instances.map(async (it) => {
      return [it.id, await instanceLogs.sizeBytes(instanceLogs.nameOf(it))] as const;
    });
    this.#disks = new Map(await Promise.all(sizes));
  }

  #countUsage(instance: InstancePlace, usage: InstanceUsage, seconds: number): void {
    const before = this.#before.get(instance.id);
    // Less than before: it was restarted meanwhile.
    const cpuMs = Math.max(0, usage.cpuMs - (before?.cpuMs ?? usage.cpuMs));
    this.#before.set(instance.id, usage);
    this.uses.set(instance.id, {
      cpuCores: cpuMs / 1000 / seconds,
      memoryBytes: usage.memoryBytes,
      isBehind: usage.isBehind,
    });
    const point = emptyPoint("instance");
    point[instanceFields.cpuMs] = cpuMs;
    point[instanceFields.memoryBytes] = usage.memoryBytes;
    point[instanceFields.diskBytes] = this.#disks.get(instance.id) ?? 0;
    const series = {
      kind: "instance",
      branchId: instance.branchId,
      name: nameOf(instance),
    } as const;
    this.#count(series, point);
  }

  #countMachine(usage: MachineUsage): void {
    const point = emptyPoint("host");
    point[hostFields.cpuMs] = Math.max(0, usage.cpuMs - (this.machine?.cpuMs ?? usage.cpuMs));
    point[hostFields.memoryBytes] = usage.memoryBytes;
    point[hostFields.diskBytes] = usage.diskBytes;
    point[hostFields.loadPercent] = Math.round(usage.load * 100);
    this.machine = usage;
    this.#count({ kind: "host", branchId: null, name: "" }, point);
  }

  /** Deploys that have ended since the last look. */
  #countJobs(): void {
    const { jobs } = this.#context.store;
    const hasNews = (jobs.list({ limit: 1 })[0]?.id ?? 0) > this.#newestJob;
    if (!hasNews && this.#openJobs.size === 0) return;
    const newer = jobs.list({ limit: jobsLookedAt }).filter(({ id }) => id > this.#newestJob);
    const ended = [...this.#openJobs].flatMap((id) => jobs.get(id) ?? []);
    for (const job of [...ended, ...newer]) if (isEnded(job.status)) this.#countJob(job);
    this.#newestJob = Math.max(this.#newestJob, ...newer.map(({ id }) => id));
    this.#openJobs = new Set(jobs.open().map(({ id }) => id));
  }

  #countJob({ kind, status, branchId, createdAt, endedAt }: Job): void {
    if (kind !== "deploy" || status === "superseded" || !endedAt) return;
    const durationMs = endedAt.getTime() - createdAt.getTime();
    const point = emptyPoint("deploys");
    point[status === "done" ? deployFields.done : deployFields.failed] = 1;
    point[deployFields.durationMs] = durationMs;
    point[deployFields.longestMs] = durationMs;
    this.#count({ kind: "deploys", branchId, name: "" }, point);
  }

  #count(series: Series, point: readonly number[]): void {
    const closing = this.#nowMs() - patienceMs;
    for (const counted of [this.#counted(series, closing), this.#total(series)]) {
      const merged = mergePoints(series.kind, counted.point, point);
      counted.point.splice(0, merged.length, ...merged);
    }
  }

  #counted(series: Series, atMs: number): Counted {
    const slot = Math.floor(atMs / tickMs) * tickMs;
    const span = this.#open.get(slot) ?? new Map<string, Counted>();
    this.#open.set(slot, span);
    return inside(span, series);
  }

  #total(series: Series): Counted {
    return inside(this.totals, series);
  }

  #keep(beforeMs: number): void {
    for (const [slot, span] of this.#open) {
      if (slot + tickMs > beforeMs) continue;
      this.#open.delete(slot);
      this.#context.metrics.add(slot, [...span.values()]);
    }
  }

  #nowMs(): number {
    return this.#context.clock.now().getTime();
  }

  /** A look that fails costs ten seconds of metrics, nothing else. */
  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#context.log.error({ err: error }, "could not measure");
    }
  }
}

function inside(counted: Map<string, Counted>, series: Series): Counted {
  const key = `${series.kind} ${series.branchId ?? ""} ${series.name}`;
  const known = counted.get(key) ?? { series, point: emptyPoint(series.kind) };
  counted.set(key, known);
  return known;
}
