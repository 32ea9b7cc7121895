import { EventEmitter, once } from "node:events";
import { PlatformError } from "#domain/errors.ts";
import type { HealthAnswer, InstanceStart } from "#domain/executor.ts";
import { describeExit, type ExitStatus, type Instance } from "#domain/instance.ts";
import { emit, platformActor, type EngineContext } from "./context.ts";
import { explain } from "./explain.ts";

/** Between two checks of one instance: short at first, because a fast app is up in a moment. */
const firstWaitMs = 4;
const longestWaitMs = 1000;
/** A process without a port counts as healthy once it has lived this long. */
const settledAfterMs = 1000;
const revivedAfterMs = 10_000;
const revivedAfterMsMax = 300_000;
const calmAfterMs = 60_000;

export type HealthWatch = {
  /** Checks an instance until it is healthy, then calls `onChange`. */
  readonly begin: (instanceId: number) => void;
  /**
   * Resolves when all these are healthy.
   * @throws {PlatformError} `unhealthy` with the reason, at the first one that ends or takes too long.
   */
  readonly until: (
    instances: readonly Instance[],
    target: string,
    signal: AbortSignal,
  ) => Promise<void>;
};

/** Watches over instances: from started to healthy, through crashes, back to healthy. */
export function createHealthWatch(
  context: EngineContext,
  onChange: (branchId: number) => void,
  signal: AbortSignal,
): HealthWatch & { readonly onExit: (instanceId: number) => Promise<void> } {
  const { store, executor, clock } = context;
  const watched = new Map<number, AbortController>();
  const exits = new Map<number, ExitStatus>();
  const revivals = new Map<number, number>();
  const changes = new EventEmitter().setMaxListeners(0);

  async function watch(id: number, stop: AbortSignal): Promise<void> {
    for (let waitMs = firstWaitMs; !stop.aborted; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
      const instance = store.instances.get(id);
      if (!instance || instance.drainingAt) return;
      if (instance.spec.kind === "worker") await clock.sleep(settledAfterMs, stop);
      const answer = await executor.check(startOf(context, instance));
      if (stop.aborted) return;
      if (answer.healthy) return becomeHealthy(instance);
      await clock.sleep(waitMs, stop);
    }
  }

  function becomeHealthy(instance: Instance): void {
    store.instances.update(instance.id, { healthyAt: clock.now() });
    record(context, instance, "instance.healthy", `${nameOf(instance)} is healthy.`);
    changes.emit("change");
    onChange(instance.branchId);
  }

  function begin(id: number): void {
    watched.get(id)?.abort();
    const stop = new AbortController();
    watched.set(id, stop);
    watch(id, AbortSignal.any([stop.signal, signal]))
      .catch((error: unknown) => {
        if (!stop.signal.aborted && !signal.aborted)
          context.log.error({ err: error, instance: id }, "health check broke");
      })
      .finally(() => {
        if (watched.get(id) === stop) watched.delete(id);
      });
  }

  /** Starts again what was given up: after 10 s, then 20, 40, … 300 s, until it has been calm for a minute. */
  function revive(instance: Instance): void {
    const calm =
      instance.healthyAt !== null &&
      clock.now().getTime() - instance.healthyAt.getTime() > calmAfterMs;
    const before = calm ? 0 : (revivals.get(instance.id) ?? 0);
    revivals.set(instance.id, before + 1);
    const waitMs = Math.min(revivedAfterMs * 2 ** before, revivedAfterMsMax);
    clock
      .sleep(waitMs, signal)
      .then(async () => {
        if (store.instances.get(instance.id)) await executor.revive(instance.id);
        else revivals.delete(instance.id);
      })
      .catch((error: unknown) => {
        if (!signal.aborted)
          context.log.error({ err: error, instance: instance.id }, "could not revive");
      });
  }

  async function onExit(id: number): Promise<void> {
    const instance = store.instances.get(id);
    if (!instance || instance.drainingAt) return;
    const { lastExit, givenUp } = await executor.observe(id);
    if (!lastExit) return;
    exits.set(id, lastExit);
    store.instances.update(id, { healthyAt: null });
    record(context, instance, "instance.exited", `${nameOf(instance)} ${describeExit(lastExit)}.`);
    changes.emit("change");
    onChange(instance.branchId);
    begin(id);
    if (givenUp) revive(instance);
  }

  async function until(
    instances: readonly Instance[],
    target: string,
    stop: AbortSignal,
  ): Promise<void> {
    const startedMs = clock.now().getTime();
    const deadlineMs =
      startedMs + Math.max(0, ...instances.map((it) => it.spec.health.timeoutS)) * 1000;
    for (;;) {
      stop.throwIfAborted();
      const waiting = instances.filter((it) => !store.instances.get(it.id)?.healthyAt);
      if (waiting.length === 0) return;
      const ended = waiting.find((it) => exits.has(it.id));
      if (ended) throw await reasonOf(context, ended, target, exits.get(ended.id) ?? null);
      const leftMs = deadlineMs - clock.now().getTime();
      const [slowest] = waiting;
      if (leftMs <= 0 && slowest) throw await reasonOf(context, slowest, target, null);
      const either = AbortSignal.any([
        stop,
        AbortSignal.timeout(Math.max(1, Math.min(leftMs, 1000))),
      ]);
      await once(changes, "change", { signal: either }).catch(() => {});
    }
  }

  return { begin, until, onExit };
}

/** Why an instance did not become healthy, with its last lines, the likely cause and what to do. */
async function reasonOf(
  context: EngineContext,
  instance: Instance,
  target: string,
  exit: ExitStatus | null,
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
  });
  return new PlatformError("unhealthy", { instance: nameOf(instance), target, problem, fix });
}

/** `web.1` */
export function nameOf(instance: Pick<Instance, "processType" | "index">): string {
  return `${instance.processType}.${instance.index}`;
}

export function startOf(
  { workspace, instanceLogs }: EngineContext,
  instance: Instance,
): InstanceStart {
  return {
    id: instance.id,
    spec: instance.spec,
    artifactDir: workspace.artifactDir(instance.spec.artifactId),
    port: instance.port,
    logName: instanceLogs.nameOf(instance),
  };
}

export function record(
  context: EngineContext,
  instance: Instance,
  type: "instance.started" | "instance.healthy" | "instance.exited" | "instance.stopped",
  message: string,
): void {
  const branch = context.store.branches.get(instance.branchId);
  if (branch) emit(context, type, { branch, actor: platformActor, message });
}
