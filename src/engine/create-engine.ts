import { PlatformError } from "#domain/errors.ts";
import type { HostConfig } from "#domain/host-config.ts";
import { destroyApp } from "./apps.ts";
import { platformActor, type EngineContext } from "./context.ts";
import { createJobRunner } from "./deploy.ts";
import type { Engine } from "./engine.ts";
import { applyHostConfig, realProblems, reportProblems } from "./host-config.ts";
import { JobQueue } from "./jobs.ts";
import { Loop } from "./loop.ts";
import { Meter } from "./meter.ts";
import { operations } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { removeStrangers } from "./prune.ts";
import { Publisher } from "./publish.ts";
import { RouterLog } from "./router-log.ts";
import { Traffic } from "./traffic.ts";

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
  const parts = makeParts(context, stopping.signal);
  const { publisher, loop, queue } = parts;
  const watching: AsyncDisposable[] = [];

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
      watching.push(loop.watch());
      await loop.adopt();
      await publisher.all();
      await configure(hostConfig());
      finishDestroying(context, parts);
      loop.lookAtAll();
      watching.push(...measure(context, parts, stopping.signal));
      queue.resume();
    },
    configure,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await Promise.all(watching.map((part) => part[Symbol.asyncDispose]()));
    },
  };
}

function makeParts(context: EngineContext, stopping: AbortSignal): Parts {
  const publisher = new Publisher(context);
  const loop = new Loop(context, publisher, stopping);
  const queue = new JobQueue(context, createJobRunner(context, loop), stopping);
  const meter = new Meter(context);
  loop.health.onEnd = (instance) => meter.countExit(instance);
  return { publisher, loop, queue, meter };
}

function measure(
  context: EngineContext,
  { publisher, meter }: Parts,
  stopping: AbortSignal,
): AsyncDisposable[] {
  const traffic = new Traffic(context, publisher);
  const routerLog = new RouterLog(context.routerLogs);
  const counting = context.requestLog.follow(({ lines, skippedBytes }) => {
    traffic.refresh();
    meter.skippedBytes += skippedBytes;
    for (const line of lines) {
      const owner = traffic.ownerOf(line);
      if (!owner) continue;
      meter.countRequest(owner, line);
      routerLog.add(owner, line);
    }
    routerLog.flush();
  });
  const measuring = meter.run(stopping);
  return [counting, { [Symbol.asyncDispose]: () => measuring }];
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
