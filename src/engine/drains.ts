import type { Branch } from "#domain/branch.ts";
import { targetOf } from "#domain/branch.ts";
import {
  LinesRefused,
  shownUrl,
  type Drain,
  type DrainBatch,
  type DrainedLogs,
  type DrainLine,
  type LogPositions,
} from "#domain/drain.ts";
import { PlatformError } from "#domain/errors.ts";
import { isEnded, type Job } from "#domain/job.ts";
import { logMoment } from "#domain/logs.ts";
import { Secret } from "#domain/secret.ts";
import { emit, type EngineContext } from "./context.ts";
import { shownOf, type DrainStatus, type NewDrain } from "./receivers.ts";
import { nextEvent, type Listen } from "./feed.ts";
import { buildsOf } from "./logs.ts";
import { problemOf } from "./notifications.ts";
import { branchAt } from "./targets.ts";

const lookMs = 1000;
const drainsMax = 10;
const pausesMs = [1000, 2000, 5000, 10_000, 30_000, 60_000] as const;

export async function listDrains(context: EngineContext, target: string): Promise<DrainStatus[]> {
  const branch = branchAt(context.store, target);
  const mine = context.store.drains.list().filter((it) => it.branchId === branch.id);
  return Promise.all(mine.map((drain) => statusOf(context, branch, drain)));
}

/** Sends what comes from now on. @throws {PlatformError} `address_refused`, `too_many_drains` */
export async function addDrain(
  context: EngineContext,
  { target, url, ca }: NewDrain,
  actor: string,
): Promise<DrainStatus> {
  const { store, drainSource, drainSender, clock } = context;
  const branch = branchAt(store, target);
  drainSender.check(url);
  const builds = buildsOf(store, branch.id);
  const end = await drainSource.end(drainedLogs(branch.id, builds));
  const positions = { ...end, ...sentJobs({}, builds) };
  // Nothing is waited for from here on, so that of many who ask at once each counts the others.
  if (store.drains.list().filter((it) => it.branchId === branch.id).length >= drainsMax) {
    throw new PlatformError("too_many_drains", { target: targetOf(branch), most: drainsMax });
  }
  const drain = store.drains.add({
    branchId: branch.id,
    url: Secret.of(url),
    ca,
    actor,
    createdAt: clock.now(),
    positions,
  });
  const message = `Its logs are sent to ${shownUrl(url)}.`;
  emit(context, "drain.added", { branch, actor, message });
  return statusOf(context, branch, drain);
}

/** @throws {PlatformError} `drain_not_found` */
export function removeDrain(
  context: EngineContext,
  { target, id }: { readonly target: string; readonly id: number },
  actor: string,
): void {
  const { store } = context;
  const branch = branchAt(store, target);
  const drain = store.drains.get(id);
  if (!drain || drain.branchId !== branch.id) {
    throw new PlatformError("drain_not_found", { target: targetOf(branch), drain: id });
  }
  store.drains.remove(id);
  const message = `Its logs are not sent to ${shownOf(drain.url, shownUrl)} any more.`;
  emit(context, "drain.removed", { branch, actor, message });
}

async function statusOf(
  context: EngineContext,
  branch: Branch,
  drain: Drain,
): Promise<DrainStatus> {
  const logs = drainedLogs(branch.id, unsentBuilds(drain, buildsOf(context.store, branch.id)));
  const waitingBytes = await context.drainSource.waitingBytes(logs, drain.positions);
  return { ...drain, target: targetOf(branch), url: shownOf(drain.url, shownUrl), waitingBytes };
}

function drainedLogs(branchId: number, builds: readonly Job[]): DrainedLogs {
  return { branchId, jobs: builds.map(({ id }) => id) };
}

/** Among the positions: the newest job of which, and of all before it, everything has been sent. */
const sentKey = "jobs";

/** So that what has been sent is not looked at each second, for as long as its log is kept. */
function unsentBuilds({ positions }: Pick<Drain, "positions">, builds: readonly Job[]): Job[] {
  return builds.filter(({ id }) => id > (positions[sentKey] ?? 0));
}

/** As it is when nothing of these jobs is left to be sent. */
function sentJobs(positions: LogPositions, builds: readonly Job[]): LogPositions {
  const open = builds.filter(({ status }) => !isEnded(status)).map(({ id }) => id);
  const ended = builds.map(({ id }) => id).filter((id) => id < Math.min(...open));
  return { [sentKey]: Math.max(positions[sentKey] ?? 0, ...ended) };
}

type Pause = { readonly tries: number; readonly untilMs: number };

/**
 * Sends lines to each drain at the pace that its receiver has. It reads files that are written and
 * bounded without it, so no app ever waits for a receiver.
 */
export class Drains {
  readonly #context: EngineContext;
  readonly #listen: Listen;
  readonly #busy = new Map<number, Promise<void>>();
  readonly #pauses = new Map<number, Pause>();
  readonly #builds = new Map<number, readonly Job[]>();

  constructor(context: EngineContext, listen: Listen) {
    this.#context = context;
    this.#listen = listen;
  }

  async run(stopping: AbortSignal): Promise<void> {
    const { store, clock, log } = this.#context;
    using _listening = this.#listen(({ of }) => void (of === "job" && this.#builds.clear()));
    while (!stopping.aborted) {
      let isIdle = false;
      try {
        const drains = store.drains.list();
        // That one is added is an event.
        isIdle = drains.length === 0;
        for (const drain of drains) this.#begin(drain, stopping);
      } catch (error) {
        log.error({ err: error }, "could not look at the drains");
      }
      if (isIdle) await nextEvent(this.#listen, stopping);
      else await clock.sleep(lookMs, stopping).catch(() => {});
    }
  }

  #begin(drain: Drain, stopping: AbortSignal): void {
    const { clock, log } = this.#context;
    const { id } = drain;
    const pause = this.#pauses.get(id);
    if (this.#busy.has(id) || (pause && pause.untilMs > clock.now().getTime())) return;
    const work = this.#send(drain, stopping)
      .catch((error: unknown) => log.error({ err: error, drain: id }, "a drain broke"))
      .finally(() => this.#busy.delete(id));
    this.#busy.set(id, work);
  }

  /** Until nothing is left, or the receiver takes no more. */
  async #send(drain: Drain, stopping: AbortSignal): Promise<void> {
    const { store, drainSource } = this.#context;
    let gapBytes = 0;
    for (
      let now: Drain | null = drain;
      now && !stopping.aborted;
      now = store.drains.get(drain.id)
    ) {
      const builds = unsentBuilds(now, this.#buildsOf(now.branchId));
      const batch = await drainSource.next(drainedLogs(now.branchId, builds), now.positions);
      if (!batch) return this.#noteSent(now, builds);
      if (batch.skippedBytes > 0) {
        gapBytes += batch.skippedBytes;
        this.#pass(now, batch, batch.skippedBytes);
      } else if (await this.#sendBatch(now, { batch, gapBytes })) gapBytes = 0;
      else return;
    }
  }

  /** Asked for again only when a job has changed: this is looked at each second. */
  #buildsOf(branchId: number): readonly Job[] {
    const builds = this.#builds.get(branchId) ?? buildsOf(this.#context.store, branchId);
    this.#builds.set(branchId, builds);
    return builds;
  }

  #noteSent({ id, positions }: Drain, builds: readonly Job[]): void {
    const sent = sentJobs(positions, builds);
    if (sent[sentKey] === (positions[sentKey] ?? 0)) return;
    this.#context.store.drains.update(id, { positions: { ...positions, ...sent } });
  }

  /** Whether to go on with the next. */
  async #sendBatch(
    drain: Drain,
    { batch, gapBytes }: { batch: DrainBatch; gapBytes: number },
  ): Promise<boolean> {
    const { store, drainSender, clock } = this.#context;
    const branch = store.branches.get(drain.branchId);
    if (!branch) return false;
    const lines = gapBytes > 0 ? [gapLine(clock.now(), gapBytes), ...batch.lines] : batch.lines;
    try {
      const to = { url: drain.url.reveal(), ca: drain.ca };
      await drainSender.send(to, targetOf(branch), lines);
      this.#pauses.delete(drain.id);
      store.drains.update(drain.id, {
        positions: withSent(batch, drain),
        sentLines: drain.sentLines + lines.length,
        lastSuccessAt: clock.now(),
        lastError: null,
      });
      return true;
    } catch (error) {
      if (error instanceof LinesRefused) this.#pass(drain, batch, batch.bytes);
      this.#pause(drain, problemOf(error));
      return false;
    }
  }

  #pass(drain: Drain, batch: DrainBatch, bytes: number): void {
    const skippedBytes = drain.skippedBytes + bytes;
    const positions = withSent(batch, drain);
    this.#context.store.drains.update(drain.id, { positions, skippedBytes });
  }

  #pause({ id }: Drain, problem: string): void {
    const { store, clock } = this.#context;
    const tries = (this.#pauses.get(id)?.tries ?? 0) + 1;
    const pauseMs = pausesMs[Math.min(tries, pausesMs.length) - 1] ?? lookMs;
    this.#pauses.set(id, { tries, untilMs: clock.now().getTime() + pauseMs });
    // Also when it is the same: more waits than before, which whoever looks on wants to see.
    store.drains.update(id, { lastError: problem });
  }
}

function withSent(batch: DrainBatch, { positions }: Drain): LogPositions {
  return { ...batch.positions, [sentKey]: positions[sentKey] ?? 0 };
}

function gapLine(now: Date, bytes: number): DrainLine {
  const text = `[${bytes} bytes of logs were passed over: the receiver was away or too slow]`;
  return { at: logMoment(now), origin: "app", source: "berth", text };
}
