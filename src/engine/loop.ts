import { PlatformError } from "#domain/errors.ts";
import type { Instance, ObservedInstance } from "#domain/instance.ts";
import type { EngineContext } from "./context.ts";
import { HealthWatch, nameOf, record, startOf } from "./health.ts";
import { KeyedLock, Semaphore } from "./locks.ts";
import { planFormation, type Step } from "./plan/formation.ts";
import { wantedOf, type WantedType } from "./plan/wanted.ts";
import { choosePorts } from "./ports.ts";
import type { Publisher } from "./publish.ts";

const tickMs = 300_000;
const startsAtOnce = 8;
const looksAtOnce = 10;

type Start = Step & { do: "start" };

/** Observe, plan, apply: one branch at a time, when something happened and now and then. */
export class Loop {
  readonly health: HealthWatch;
  readonly #context: EngineContext;
  readonly #publisher: Publisher;
  readonly #stopping: AbortSignal;
  readonly #branchLock = new KeyedLock<number>();
  readonly #portLock = new Semaphore(() => 1);
  readonly #startSlot = new Semaphore(() => startsAtOnce);
  readonly #retiring = new Map<number, Promise<void>>();

  constructor(context: EngineContext, publisher: Publisher, stopping: AbortSignal) {
    this.#context = context;
    this.#publisher = publisher;
    this.#stopping = stopping;
    this.health = new HealthWatch(context, (id) => this.#poke(id), stopping);
  }

  /** Brings a branch to what is recorded. @throws {PlatformError} when something cannot be started. */
  async reconcile(branchId: number): Promise<void> {
    await this.#branchLock.run(branchId, () => this.#reconcile(branchId));
  }

  /**
   * Resolves when every instance that leaves this branch is gone.
   * @throws {PlatformError} `instance_stuck`
   */
  async retired(branchId: number): Promise<void> {
    const leaving = this.#context.store.instances.of(branchId).filter((it) => it.drainingAt);
    await Promise.all(leaving.map((it) => this.#retire(it)));
  }

  /** Stops an instance at once, without a look at the plan. */
  async remove({ id, branchId }: Instance): Promise<void> {
    const { store, executor } = this.#context;
    const timing = store.branches.get(branchId)?.config.timing;
    await executor.stop(id, (timing?.stopTimeoutS ?? 10) * 1000);
    const instance = store.instances.get(id);
    if (!instance) return;
    store.instances.remove(id);
    this.health.forget(id);
    record(this.#context, instance, "instance.stopped", `${nameOf(instance)} was stopped.`);
  }

  /** Stops everything, of every branch. To be called when nothing may be started any more. */
  async removeAll(): Promise<void> {
    const { store } = this.#context;
    const removeOf = (branchId: number) => async () => {
      await Promise.all(store.instances.of(branchId).map((it) => this.remove(it)));
    };
    const branches = store.branches.list();
    await Promise.all(branches.map(({ id }) => this.#branchLock.run(id, removeOf(id))));
  }

  /** Takes over what runs already: starts what is missing, removes what nobody knows. */
  async adopt(): Promise<void> {
    const { store, executor } = this.#context;
    const observed = new Map((await executor.list()).map((it) => [it.id, it.state]));
    const known = store.instances.list();
    const ids = new Set(known.map(({ id }) => id));
    const strangers = [...observed.keys()].filter((id) => !ids.has(id));
    await Promise.all(
      strangers.map((id) => this.#try({ instance: id }, () => executor.stop(id, 0))),
    );
    await Promise.all(
      known
        .filter((it) => !it.drainingAt)
        .map((it) => this.#adoptOne(it, observed.get(it.id) ?? "gone")),
    );
  }

  /** From now on notices what ends, and looks at every branch now and then. */
  watch(): AsyncDisposable {
    const watcher = this.#context.executor.watch((id) => {
      void this.#try({ instance: id }, () => this.health.onExit(id));
    });
    const timer = setInterval(() => this.lookAtAll(), tickMs);
    return {
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer);
        await watcher[Symbol.asyncDispose]();
      },
    };
  }

  lookAtAll(): void {
    void this.#try({}, () => this.#lookAtEach());
  }

  /** Begins with a few at once: there may be thousands, and others have work in between. */
  async #lookAtEach(): Promise<void> {
    const { store, clock } = this.#context;
    for (const [place, { id }] of store.branches.list().entries()) {
      void this.#try({ branch: id }, () => this.#branchLock.run(id, () => this.#lookAt(id)));
      if (place % looksAtOnce === looksAtOnce - 1) await clock.sleep(0, this.#stopping);
    }
  }

  #poke(branchId: number): void {
    void this.#try({ branch: branchId }, () => this.reconcile(branchId));
  }

  async #reconcile(branchId: number): Promise<void> {
    const { store, clock } = this.#context;
    const steps = this.#plan(branchId);
    for (const step of steps) {
      if (step.do === "retire") store.instances.update(step.instance, { drainingAt: clock.now() });
    }
    for (const step of steps) if (step.do === "limit") await this.#limit(step);
    const started = this.#start(
      branchId,
      steps.filter((step) => step.do === "start"),
    );
    await Promise.allSettled([started]);
    await this.#publisher.branch(branchId);
    for (const instance of store.instances.of(branchId).filter((it) => it.drainingAt)) {
      void this.#try({ instance: instance.id }, () => this.#retire(instance));
    }
    await started;
  }

  #plan(branchId: number): Step[] {
    const { store, clock } = this.#context;
    const branch = store.branches.get(branchId);
    if (!branch || this.#stopping.aborted) return [];
    const wanted = (id: number | null): WantedType[] => {
      const release = id === null ? null : store.releases.get(id);
      return release ? wantedOf(release) : [];
    };
    return planFormation({
      mode: branch.mode,
      current: wanted(branch.currentReleaseId),
      candidate: wanted(branch.candidateReleaseId),
      instances: store.instances.of(branchId),
      now: clock.now(),
    });
  }

  async #limit({ instance, spec }: Step & { do: "limit" }): Promise<void> {
    const { store, executor } = this.#context;
    await executor.limit(instance, spec.limits);
    store.instances.update(instance, { spec });
  }

  async #start(branchId: number, steps: readonly Start[]): Promise<void> {
    if (steps.length === 0) return;
    const added = await this.#portLock.run(() => this.#addRows(branchId, steps));
    const started = await Promise.allSettled(added.map((instance) => this.#startOne(instance)));
    for (const each of started) if (each.status === "rejected") throw each.reason;
  }

  async #addRows(branchId: number, steps: readonly Start[]): Promise<Instance[]> {
    const { store, clock } = this.#context;
    const branch = store.branches.get(branchId);
    if (!branch) return [];
    const needsPort = ({ wanted }: Start) => wanted.spec.kind === "web";
    const ports = await choosePorts(this.#context, branch, steps.filter(needsPort).length);
    this.#stopping.throwIfAborted();
    return store.transaction(() =>
      steps.map((step) => {
        const { processType, spec, specHash } = step.wanted;
        const port = needsPort(step) ? (ports.shift() ?? null) : null;
        const row = { branchId, processType, index: step.index, spec, specHash, port };
        return store.instances.add({ ...row, createdAt: clock.now() });
      }),
    );
  }

  async #startOne(instance: Instance): Promise<void> {
    await this.#startSlot.run(() => this.#context.executor.start(startOf(this.#context, instance)));
    record(this.#context, instance, "instance.started", `${nameOf(instance)} was started.`);
    this.health.begin(instance.id);
  }

  #retire(instance: Instance): Promise<void> {
    const known = this.#retiring.get(instance.id);
    if (known) return known;
    const work = this.#drainAndRemove(instance).finally(() => this.#retiring.delete(instance.id));
    this.#retiring.set(instance.id, work);
    return work;
  }

  async #drainAndRemove(instance: Instance): Promise<void> {
    const { store, router } = this.#context;
    const timing = store.branches.get(instance.branchId)?.config.timing;
    if (instance.port !== null && instance.healthyAt !== null) {
      // A router that does not answer holds no requests either.
      await router
        .drain(`127.0.0.1:${instance.port}`, (timing?.drainTimeoutS ?? 0) * 1000)
        .catch((error: unknown) => {
          if (!(error instanceof PlatformError)) throw error;
        });
    }
    // Else the next berthd does it.
    if (!this.#stopping.aborted) await this.remove(instance);
  }

  async #adoptOne(instance: Instance, state: ObservedInstance["state"]): Promise<void> {
    const { store, executor } = this.#context;
    const asked = startOf(this.#context, instance);
    const isUp = state === "running" && instance.healthyAt !== null;
    if (isUp && (await executor.check(asked)).healthy) return;
    store.instances.update(instance.id, { healthyAt: null });
    await this.#try({ instance: instance.id }, async () => {
      if (state === "gone") await this.#startSlot.run(() => executor.start(asked));
      if (state === "waiting") await executor.revive(instance.id);
    });
    this.health.begin(instance.id);
  }

  /** What is not healthy may have been lost by the executor, or its end by us. */
  async #lookAt(branchId: number): Promise<void> {
    const { store, executor } = this.#context;
    await this.#reconcile(branchId);
    for (const instance of store.instances.of(branchId)) {
      if (instance.healthyAt || instance.drainingAt || this.#stopping.aborted) continue;
      const observed = await executor.observe(instance.id);
      if (observed.state === "gone") await executor.start(startOf(this.#context, instance));
      this.health.ensure(instance, observed);
    }
  }

  /** For work that nobody waits for: what fails is logged, and tried again at the next tick. */
  async #try(facts: object, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#stopping.aborted) return;
      this.#context.log.error({ ...facts, err: error }, "could not bring about what is wanted");
    }
  }
}
