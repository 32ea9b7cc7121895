import { PlatformError } from "#domain/errors.ts";
import type { Instance } from "#domain/instance.ts";
import type { EngineContext } from "./context.ts";
import { createHealthWatch, nameOf, record, startOf, type HealthWatch } from "./health.ts";
import { createKeyedLock } from "./locks.ts";
import { planFormation, type Step } from "./plan/formation.ts";
import { wantedOf } from "./plan/wanted.ts";
import { choosePorts } from "./ports.ts";
import type { Publisher } from "./publish.ts";

const tickMs = 60_000;

export type Loop = {
  /** Brings a branch to what is recorded. @throws {PlatformError} when something cannot be started. */
  readonly reconcile: (branchId: number) => Promise<void>;
  /** Resolves when every instance that was being retired on this branch is gone. */
  readonly retired: (branchId: number) => Promise<void>;
  readonly health: HealthWatch;
  /** Takes over what runs already: starts what is missing, removes what nobody knows. */
  readonly adopt: () => Promise<void>;
  /** Stops an instance at once, without a look at the plan. */
  readonly remove: (instance: Instance) => Promise<void>;
};

/** Observe, plan, apply: one branch at a time, when something happened and every minute. */
export function createLoop(
  context: EngineContext,
  publisher: Publisher,
  signal: AbortSignal,
): Loop & { start: () => AsyncDisposable } {
  const { store, executor, router, clock, log } = context;
  const branchLock = createKeyedLock<number>();
  const portLock = createKeyedLock<"ports">();
  const retiring = new Map<number, Promise<void>>();

  const poke = (branchId: number) => {
    reconcile(branchId).catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error, branch: branchId }, "could not reconcile");
    });
  };
  const health = createHealthWatch(context, poke, signal);

  async function reconcile(branchId: number): Promise<void> {
    await branchLock(branchId, async () => {
      const steps = plan(branchId);
      const starts = steps.filter((step) => step.do === "start");
      const leaving = steps.filter((step) => step.do === "retire");
      for (const { instance } of leaving)
        store.instances.update(instance, { drainingAt: clock.now() });
      await start(branchId, starts);
      await publisher.branch(branchId);
      for (const { instance } of leaving) retire(instance);
    });
  }

  function plan(branchId: number): Step[] {
    const branch = store.branches.get(branchId);
    if (!branch || signal.aborted) return [];
    const wanted = (id: number | null) => {
      const release = id === null ? null : store.releases.get(id);
      return release ? wantedOf(release) : [];
    };
    return planFormation({
      mode: branch.mode,
      current: wanted(branch.currentReleaseId),
      candidate: wanted(branch.candidateReleaseId),
      instances: store.instances.of(branchId),
    });
  }

  async function start(
    branchId: number,
    steps: readonly (Step & { do: "start" })[],
  ): Promise<void> {
    if (steps.length === 0) return;
    const added = await portLock("ports", async () => addRows(branchId, steps));
    await Promise.all(added.map((instance) => startOne(instance)));
  }

  async function addRows(
    branchId: number,
    steps: readonly (Step & { do: "start" })[],
  ): Promise<Instance[]> {
    const branch = store.branches.get(branchId);
    if (!branch) return [];
    const ports = await choosePorts(
      context,
      branch,
      steps.filter(({ wanted }) => wanted.spec.kind === "web").length,
    );
    return store.transaction(() =>
      steps.map(({ wanted: { processType, spec, specHash }, index }) => {
        const port = spec.kind === "web" ? (ports.shift() ?? null) : null;
        return store.instances.add({
          branchId,
          processType,
          index,
          spec,
          specHash,
          port,
          createdAt: clock.now(),
        });
      }),
    );
  }

  async function startOne(instance: Instance): Promise<void> {
    await executor.start(startOf(context, instance));
    record(context, instance, "instance.started", `${nameOf(instance)} was started.`);
    health.begin(instance.id);
  }

  function retire(id: number): void {
    const instance = store.instances.get(id);
    if (!instance || retiring.has(id)) return;
    const work = drainAndRemove(instance)
      .catch((error: unknown) => log.error({ err: error, instance: id }, "could not retire"))
      .finally(() => retiring.delete(id));
    retiring.set(id, work);
  }

  async function drainAndRemove(instance: Instance): Promise<void> {
    const timing = store.branches.get(instance.branchId)?.config.timing;
    if (instance.port !== null && instance.healthyAt !== null) {
      // A router that does not answer holds no requests either.
      await router
        .drain(`127.0.0.1:${instance.port}`, (timing?.drainTimeoutS ?? 0) * 1000)
        .catch((error: unknown) => {
          if (!(error instanceof PlatformError)) throw error;
        });
    }
    await remove(instance);
  }

  async function remove(instance: Instance): Promise<void> {
    const timing = store.branches.get(instance.branchId)?.config.timing;
    await executor.stop(instance.id, (timing?.stopTimeoutS ?? 10) * 1000);
    record(context, instance, "instance.stopped", `${nameOf(instance)} was stopped.`);
    store.instances.remove(instance.id);
  }

  async function retired(branchId: number): Promise<void> {
    const mine = store.instances.of(branchId).flatMap(({ id }) => retiring.get(id) ?? []);
    await Promise.all(mine);
  }

  async function adopt(): Promise<void> {
    const observed = new Map((await executor.list()).map((it) => [it.id, it]));
    const known = store.instances.list();
    const strangers = [...observed.keys()].filter((id) => !known.some((it) => it.id === id));
    await Promise.all(strangers.map((id) => executor.stop(id, 0)));
    await Promise.all(
      known
        .filter((it) => !it.drainingAt)
        .map((it) => adoptOne(it, observed.get(it.id)?.state ?? "gone")),
    );
  }

  async function adoptOne(
    instance: Instance,
    state: "running" | "waiting" | "gone",
  ): Promise<void> {
    const asked = startOf(context, instance);
    if (state === "gone") await executor.start(asked);
    if (state === "waiting") await executor.revive(instance.id);
    const isHealthy =
      state === "running" && instance.healthyAt !== null && (await executor.check(asked)).healthy;
    if (isHealthy) return;
    store.instances.update(instance.id, { healthyAt: null });
    health.begin(instance.id);
  }

  function begin(): AsyncDisposable {
    const watcher = executor.watch((id) => {
      health
        .onExit(id)
        .catch((error: unknown) =>
          log.error({ err: error, instance: id }, "could not note an exit"),
        );
    });
    const everyBranch = () => {
      for (const { id, drainingAt } of store.instances.list()) if (drainingAt) retire(id);
      for (const { id } of store.branches.list()) poke(id);
    };
    everyBranch();
    const timer = setInterval(everyBranch, tickMs);
    return {
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer);
        await watcher[Symbol.asyncDispose]();
      },
    };
  }

  return { reconcile, retired, health, adopt, remove, start: begin };
}
