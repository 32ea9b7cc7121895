import { PlatformError } from "#domain/errors.ts";
import type { HostConfig } from "#domain/host-config.ts";
import { destroyApp } from "./apps.ts";
import { platformActor, type EngineContext } from "./context.ts";
import { createJobRunner } from "./deploy.ts";
import type { Engine } from "./engine.ts";
import { applyHostConfig, realProblems, reportProblems } from "./host-config.ts";
import { JobQueue } from "./jobs.ts";
import { Loop } from "./loop.ts";
import { operations, type Parts } from "./operations.ts";
import { removeStrangers } from "./prune.ts";
import { Publisher } from "./publish.ts";

export type RunningEngine = Engine &
  AsyncDisposable & {
    /** Takes over what runs, finishes what was left open, and begins to watch. */
    readonly begin: () => Promise<void>;
    /** A changed configuration directory. */
    readonly configure: (config: HostConfig) => Promise<void>;
  };

/** The platform over its ports. Nothing happens before `begin`. */
export function createEngine(context: EngineContext): RunningEngine {
  const { store, clock, hostConfig, host } = context;
  const stopping = new AbortController();
  const startedAt = clock.now();
  const publisher = new Publisher(context);
  const loop = new Loop(context, publisher, stopping.signal);
  const queue = new JobQueue(context, createJobRunner(context, loop), stopping.signal);
  const parts = { publisher, loop, queue };
  let watching: AsyncDisposable | null = null;

  const configure = async (config: HostConfig) => {
    await applyHostConfig(context, parts, config);
    reportProblems(context, config.problems);
  };
  const stop = async () => {
    stopping.abort(new PlatformError("stopping"));
    await queue.settled();
  };

  return {
    ...operations(context, parts),
    status: async () => ({
      ...host,
      settings: hostConfig().settings,
      startedAt,
      apps: store.apps.list().length,
      instances: store.instances.list().length,
      problems: realProblems(context, hostConfig().problems),
    }),
    shutDown: async () => {
      await stop();
      await loop.removeAll();
    },
    begin: async () => {
      noteStart(context);
      undoHalfSteps(context);
      await removeStrangers(context);
      watching = loop.watch();
      await loop.adopt();
      await publisher.all();
      await configure(hostConfig());
      finishDestroying(context, parts);
      loop.lookAtAll();
      queue.resume();
    },
    configure,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await watching?.[Symbol.asyncDispose]();
    },
  };
}

function noteStart({ store, clock, host }: EngineContext): void {
  const row = { at: clock.now(), appId: null, target: null, actor: platformActor };
  const message = `Berth ${host.version} started.`;
  store.events.add({ ...row, type: "platform.started", message });
}

/** A branch on which no job goes on stands as its current release says. */
function undoHalfSteps({ store }: EngineContext): void {
  const begun = store.jobs.open().filter(({ status }) => status === "running");
  const busy = new Set(begun.map(({ branchId }) => branchId));
  for (const { id, mode, candidateReleaseId } of store.branches.list()) {
    if (busy.has(id) || (mode !== "held" && candidateReleaseId === null)) continue;
    const isHeld = mode === "held" ? ({ mode: "serving", heldUntil: null } as const) : {};
    store.branches.update(id, { ...isHeld, candidateReleaseId: null });
  }
}

function finishDestroying(context: EngineContext, parts: Parts): void {
  for (const app of context.store.apps.destroying()) {
    destroyApp(context, parts, { app, actor: platformActor }).catch((error: unknown) =>
      context.log.error({ err: error, app: app.name }, "could not finish destroying an app"),
    );
  }
}
