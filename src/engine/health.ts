import { EventEmitter, once } from "node:events";
import { targetOf } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { EventType } from "#domain/events.ts";
import type { HealthAnswer, InstanceStart } from "#domain/executor.ts";
import {
  describeExit,
  type ExitStatus,
  type Instance,
  type ObservedInstance,
} from "#domain/instance.ts";
import { emit, platformActor, type EngineContext } from "./context.ts";
import { explain, outOfMemory } from "./explain.ts";

/** Between two checks of one instance: short at first, because a fast app is up in a moment. */
const firstWaitMs = 4;
const longestWaitMs = 1000;
/** A process without a port counts as healthy once it has lived this long. */
const settledAfterMs = 1000;
const revivedAfterMs = 10_000;
const revivedAfterMsMax = 300_000;
const calmAfterMs = 60_000;
/** The same end may be told more than once. */
const tellingMs = 5;

type Exit = { readonly exit: ExitStatus; readonly at: Date };

/** Watches over instances: from started to healthy, through crashes, back to healthy. */
export class HealthWatch {
  readonly #context: EngineContext;
  readonly #onChange: (branchId: number) => void;
  readonly #stopping: AbortSignal;
  readonly #watched = new Map<number, AbortController>();
  /** The last end of each instance, for as long as that exists. */
  readonly #exits = new Map<number, Exit>();
  readonly #told = new Set<number>();
  readonly #revivals = new Map<number, number>();
  readonly #reviving = new Set<number>();
  /** Called with an instance each time it ended by itself. */
  onEnd: (instance: Instance) => void = () => {};
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(context: EngineContext, onChange: (branchId: number) => void, stopping: AbortSignal) {
    this.#context = context;
    this.#onChange = onChange;
    this.#stopping = stopping;
  }

  /** Checks an instance until it is healthy, then calls `onChange`. */
  begin(id: number): void {
    this.#watched.get(id)?.abort();
    const stop = new AbortController();
    this.#watched.set(id, stop);
    this.#check(id, AbortSignal.any([stop.signal, this.#stopping]))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) this.#report(error, id, "health check broke");
      })
      .finally(() => {
        if (this.#watched.get(id) === stop) this.#watched.delete(id);
      });
  }

  /** Takes up again what an instance that is not healthy needs, if nobody is at it. */
  ensure(instance: Instance, { givenUp }: ObservedInstance): void {
    if (givenUp) this.#revive(instance);
    if (!this.#watched.has(instance.id)) this.begin(instance.id);
  }

  /** Drops what is known of an instance that is gone. */
  forget(id: number): void {
    this.#watched.get(id)?.abort();
    this.#exits.delete(id);
    this.#revivals.delete(id);
  }

  /** To be called each time an instance ends. */
  async onExit(id: number): Promise<void> {
    const { store, executor, clock } = this.#context;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    await clock.sleep(tellingMs, this.#stopping).finally(() => this.#told.delete(id));
    const { lastExit, givenUp } = await executor.observe(id);
    const instance = store.instances.get(id);
    if (!lastExit || !instance || instance.drainingAt) return;
    recordEnd(this.#context, instance, lastExit);
    this.onEnd(instance);
    if (hasDoneItsWork(instance, lastExit)) {
      if (!instance.healthyAt) this.#becomeHealthy(id);
      if (givenUp) this.#revive(instance);
      return;
    }
    this.#exits.set(id, { exit: lastExit, at: clock.now() });
    store.instances.update(id, { healthyAt: null });
    this.#changes.emit("change");
    this.#onChange(instance.branchId);
    this.begin(id);
    if (givenUp) this.#revive(instance);
  }

  /**
   * Resolves when all these are healthy. What ended before `since` was another life of it.
   * @throws {PlatformError} `unhealthy` with the reason, at the first one that ends or takes too long.
   */
  async until(
    instances: readonly Instance[],
    { target, since, signal }: { target: string; since: Date; signal: AbortSignal },
  ): Promise<void> {
    const { store, clock } = this.#context;
    const timeoutsS = instances.map((it) => it.spec.health.timeoutS);
    const deadlineMs = clock.now().getTime() + Math.max(0, ...timeoutsS) * 1000;
    for (;;) {
      signal.throwIfAborted();
      const waiting = instances.filter((it) => !store.instances.get(it.id)?.healthyAt);
      const [slowest] = waiting;
      if (!slowest) return;
      await this.#refuseEnded(waiting, { target, since });
      const leftMs = deadlineMs - clock.now().getTime();
      if (leftMs <= 0) throw await reasonOf(this.#context, slowest, { target, exit: null });
      await this.#nextChange(Math.min(leftMs, 1000), signal);
    }
  }

  /**
   * Resolves after `ms` in which none of these ended.
   * @throws {PlatformError} `unhealthy` with the reason, at the first one that ends.
   */
  async lasting(
    instances: readonly Instance[],
    asked: { target: string; since: Date; signal: AbortSignal; ms: number },
  ): Promise<void> {
    const { clock } = this.#context;
    const endMs = clock.now().getTime() + asked.ms;
    for (;;) {
      asked.signal.throwIfAborted();
      await this.#refuseEnded(instances, asked);
      const leftMs = endMs - clock.now().getTime();
      if (leftMs <= 0) return;
      await this.#nextChange(leftMs, asked.signal);
    }
  }

  async #refuseEnded(
    instances: readonly Instance[],
    { target, since }: { target: string; since: Date },
  ): Promise<void> {
    for (const it of instances) {
      const ended = this.#exits.get(it.id);
      if (ended && ended.at >= since) {
        throw await reasonOf(this.#context, it, { target, exit: ended.exit });
      }
    }
  }

  async #nextChange(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const change = once(this.#changes, "change", { signal: either });
    const late = this.#context.clock.sleep(timeoutMs, either);
    await Promise.race([change, late]).catch(() => {});
    enough.abort();
  }

  async #check(id: number, stop: AbortSignal): Promise<void> {
    const { store, executor, clock } = this.#context;
    for (let waitMs = firstWaitMs; !stop.aborted; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
      const instance = store.instances.get(id);
      if (!instance || instance.drainingAt) return;
      const isReady =
        instance.spec.kind === "worker"
          ? await this.#isSettled(id, stop)
          : (await executor.check(startOf(this.#context, instance))).healthy;
      if (stop.aborted) return;
      if (isReady) return this.#becomeHealthy(id);
      await clock.sleep(waitMs, stop);
    }
  }

  /** An end meanwhile begins the check anew. */
  async #isSettled(id: number, stop: AbortSignal): Promise<boolean> {
    const { executor, clock } = this.#context;
    await clock.sleep(settledAfterMs, stop);
    return (await executor.observe(id)).state === "running";
  }

  #becomeHealthy(id: number): void {
    const { store, clock } = this.#context;
    const instance = store.instances.get(id);
    if (!instance || instance.drainingAt) return;
    store.instances.update(id, { healthyAt: clock.now() });
    record(this.#context, instance, "instance.healthy", `${nameOf(instance)} is healthy.`);
    this.#changes.emit("change");
    this.#onChange(instance.branchId);
  }

  /** Starts again what was given up: after 10 s, then 20, 40, … 300 s, until it has been calm for a minute. */
  #revive({ id, healthyAt }: Instance): void {
    const { store, executor, clock } = this.#context;
    if (this.#reviving.has(id)) return;
    this.#reviving.add(id);
    const isCalm = healthyAt !== null && clock.now().getTime() - healthyAt.getTime() > calmAfterMs;
    const before = isCalm ? 0 : (this.#revivals.get(id) ?? 0);
    this.#revivals.set(id, before + 1);
    if (before === 0) this.#noteCrashing(id);
    clock
      .sleep(Math.min(revivedAfterMs * 2 ** before, revivedAfterMsMax), this.#stopping)
      .then(async () => {
        const instance = store.instances.get(id);
        if (instance && !instance.drainingAt) await executor.revive(id);
      })
      .catch((error: unknown) => this.#report(error, id, "could not revive"))
      .finally(() => this.#reviving.delete(id));
  }

  #noteCrashing(id: number): void {
    const instance = this.#context.store.instances.get(id);
    const last = this.#exits.get(id);
    if (!instance || !last) return;
    const message = `${nameOf(instance)} keeps ending: it ${describeExit(last.exit)}. It is started again with growing pauses.`;
    record(this.#context, instance, "instance.crashing", message);
  }

  #report(error: unknown, id: number, message: string): void {
    if (!this.#stopping.aborted) this.#context.log.error({ err: error, instance: id }, message);
  }
}

/**
 * A process without a port that ends with code 0 is no failure: it is started again like any other,
 * as pyPaaS did, and its release stands.
 */
function hasDoneItsWork({ spec }: Instance, { code }: ExitStatus): boolean {
  return spec.kind === "worker" && code === 0;
}

/** Why an instance did not become healthy, with its last lines, the likely cause and what to do. */
async function reasonOf(
  context: EngineContext,
  instance: Instance,
  { target, exit }: { target: string; exit: ExitStatus | null },
): Promise<PlatformError> {
  const { executor, instanceLogs, clock } = context;
  const answer: HealthAnswer = exit
    ? { healthy: true }
    : await executor.check(startOf(context, instance));
  const listening = answer.healthy ? [] : await answer.listening();
  // s6-log writes a moment after the program has.
  await clock.sleep(50);
  const lines = await instanceLogs.lastLines(instanceLogs.nameOf(instance), 30);
  const { problem, fix } = explain({
    exit,
    asked: answer.healthy ? null : answer.problem,
    port: instance.port,
    listening,
    lines,
    timeoutS: instance.spec.health.timeoutS,
    target,
    processType: instance.processType,
    memoryBytes: instance.spec.limits.memoryBytes,
  });
  return new PlatformError("unhealthy", { instance: nameOf(instance), target, problem, fix });
}

function recordEnd(context: EngineContext, instance: Instance, exit: ExitStatus): void {
  const { processType, spec, branchId } = instance;
  const message = `${nameOf(instance)} ${describeExit(exit)}.`;
  record(context, instance, "instance.exited", message);
  const branch = context.store.branches.get(branchId);
  if (exit.outOfMemory !== true || !branch) return;
  const { memoryBytes } = spec.limits;
  const { problem, fix } = outOfMemory({ processType, memoryBytes, target: targetOf(branch) });
  const said = `${nameOf(instance)}: ${problem}. ${fix}`;
  record(context, instance, "instance.out_of_memory", said);
}

/** `web.1` */
export function nameOf(instance: Pick<Instance, "processType" | "index">): string {
  return `${instance.processType}.${instance.index}`;
}

export function startOf({ store, instanceLogs }: EngineContext, instance: Instance): InstanceStart {
  const app = store.apps.get(store.branches.get(instance.branchId)?.appId ?? 0);
  return {
    id: instance.id,
    spec: instance.spec,
    userNumber: app?.userNumber ?? 0,
    network: app?.network ?? "closed",
    port: instance.port,
    logName: instanceLogs.nameOf(instance),
  };
}

export function record(
  context: EngineContext,
  instance: Instance,
  type: Extract<EventType, `instance.${string}`>,
  message: string,
): void {
  const branch = context.store.branches.get(instance.branchId);
  if (branch) emit(context, type, { branch, actor: platformActor, message });
}
