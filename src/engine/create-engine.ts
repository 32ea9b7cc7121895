import { doors, type Door } from "#domain/door.ts";
import { PlatformError } from "#domain/errors.ts";
import type { HostConfig } from "#domain/host-config.ts";
import type { RequestBatch } from "#domain/request-log.ts";
import { announcing } from "./announce.ts";
import { note, platformActor, type EngineContext, type EnginePorts } from "./context.ts";
import { Drains } from "./drains.ts";
import type { Engine } from "./engine.ts";
import { createChangeFeed, type ChangeFeed, type Listen } from "./feed.ts";
import { createConfigure, realProblems } from "./host-config.ts";
import { JobQueue, rowOf } from "./jobs.ts";
import { Loop } from "./loop.ts";
import { Meter } from "./meter.ts";
import { createOnce } from "./once.ts";
import { operations } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { removeStrangers } from "./prune.ts";
import { Outbox } from "./outbox.ts";
import { Publisher } from "./publish.ts";
import { RouterLog } from "./router-log.ts";
import { keepWithinBounds } from "./retention.ts";
import { createJobRunner } from "./run-job.ts";
import { Runs } from "./runs.ts";
import { Traffic } from "./traffic.ts";
import { Warden } from "./warden.ts";

export type RunningEngine = Engine &
  AsyncDisposable & {
    /** Takes over what runs, finishes what was left open, and begins to watch. */
    readonly begin: () => Promise<void>;
    /** A changed configuration directory. */
    readonly configure: (config: HostConfig) => Promise<void>;
  };

/** The platform over its ports. Nothing happens before `begin`. */
export function createEngine(ports: EnginePorts): RunningEngine {
  const feed = createChangeFeed();
  const context = contextOf(ports, feed);
  const stopping = new AbortController();
  const parts = createParts(context, feed, stopping.signal);
  const { loop, queue } = parts;
  const watching: AsyncDisposable[] = [];

  const configure = createConfigure(context, parts);
  const stop = async () => {
    stopping.abort(new PlatformError("stopping"));
    await queue.settled();
  };
  const shared = {
    listen: feed.listen,
    once: createOnce(context),
    status: createStatus(context),
    shutDown: async () => {
      await stop();
      await loop.removeAll();
    },
    through: (door: Door) => engines[door],
  };
  const ofDoor = (door: Door) => ({ ...operations({ ...context, door }, parts), ...shared });
  // One for each door, by its name.
  const engines = Object.fromEntries(doors.map((door) => [door, ofDoor(door)])) as Engines;

  return {
    ...engines.platform,
    begin: async () => {
      noteStart(context);
      undoHalfSteps(context);
      await removeStrangers(context);
      watching.push(loop.watch());
      await loop.adopt();
      await parts.publisher.all();
      await configure(ports.hostConfig());
      finishDestroying(context);
      loop.lookAtAll();
      watching.push(...measure(context, parts, { listen: feed.listen, stopping: stopping.signal }));
      queue.resume();
    },
    configure,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await Promise.all(watching.map((part) => part[Symbol.asyncDispose]()));
    },
  };
}

/** Whoever changes the store changes it so that it is told, also the library that signs people in. */
function contextOf(ports: EnginePorts, { tell }: ChangeFeed): EngineContext {
  const store = announcing(ports.store, tell);
  return { ...ports, store, signIn: ports.signIn(store.signIn), door: "platform" };
}

type Engines = Readonly<Record<Door, Engine>>;

function createParts(context: EngineContext, { tell }: ChangeFeed, stopping: AbortSignal): Parts {
  const publisher = new Publisher(context);
  const loop = new Loop(context, publisher, stopping);
  const run = createJobRunner(context, () => parts);
  const queue = new JobQueue(context, run, stopping);
  const meter = new Meter(context);
  meter.onKept = () => tell({ of: "metrics", whose: "everybody" });
  loop.health.onEnd = (instance) => meter.countExit(instance);
  const parts: Parts = { publisher, loop, queue, meter, runs: new Runs(context, queue) };
  return parts;
}

function createStatus(context: EngineContext): Engine["status"] {
  const { store, hostConfig, host, clock } = context;
  const startedAt = clock.now();
  return async () => ({
    ...host,
    settings: hostConfig().settings,
    startedAt,
    apps: store.apps.list().length,
    instances: store.instances.places().length,
    problems: realProblems(context, hostConfig().problems),
  });
}

function measure(
  context: EngineContext,
  { publisher, meter }: Parts,
  { listen, stopping }: { readonly listen: Listen; readonly stopping: AbortSignal },
): AsyncDisposable[] {
  const traffic = new Traffic(context, publisher);
  const routerLog = new RouterLog(context.routerLogs);
  const count = ({ lines, skippedBytes }: RequestBatch) => {
    traffic.refresh();
    meter.skippedBytes += skippedBytes;
    for (const line of lines) {
      const owner = traffic.ownerOf(line);
      if (!owner) continue;
      meter.countRequest(owner, line);
      routerLog.add(owner, line);
    }
    routerLog.flush();
  };
  const counting = context.requestLog.follow((batch) => {
    try {
      count(batch);
    } catch (error) {
      // It was read; reading it again would count it twice.
      context.log.error({ err: error }, "could not note what the router answered");
    }
  });
  const works = [
    meter.run(stopping),
    new Outbox(context, listen).run(stopping),
    new Drains(context, listen).run(stopping),
    new Warden(context, meter).run(stopping),
    keepWithinBounds(context, stopping),
  ];
  const ended = { [Symbol.asyncDispose]: async () => void (await Promise.all(works)) };
  return [counting, ended];
}

function noteStart(context: EngineContext): void {
  const message = `Berth ${context.host.version} started.`;
  note(context, "platform.started", { appId: null, target: null, actor: platformActor, message });
}

/** A branch on which no job goes on stands as its current release says. */
function undoHalfSteps({ store }: EngineContext): void {
  const open = store.jobs.open();
  const begun = open.filter(({ status, kind }) => status === "running" && kind !== "run");
  const busy = new Set(begun.map(({ branchId }) => branchId));
  for (const { id, mode, candidateReleaseId } of store.branches.list()) {
    if (busy.has(id) || (mode !== "held" && candidateReleaseId === null)) continue;
    const isHeld = mode === "held" ? ({ mode: "serving", heldUntil: null } as const) : {};
    store.branches.update(id, { ...isHeld, candidateReleaseId: null });
  }
}

/** An app that is being destroyed has a job for it, also when an earlier one failed. */
function finishDestroying(context: EngineContext): void {
  const { store, door } = context;
  const known = store.jobs.open().filter(({ kind }) => kind === "destroy");
  for (const app of store.apps.destroying()) {
    if (known.some(({ appId }) => appId === app.id)) continue;
    const row = { kind: "destroy", app, actor: platformActor, door, input: {} } as const;
    store.jobs.add(rowOf(context, row));
  }
}
