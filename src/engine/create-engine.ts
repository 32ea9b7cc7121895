import { targetOf } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { HostConfig } from "#domain/host-config.ts";
import { createApp, destroyApp } from "./apps.ts";
import { rollback, scale, setConfigVars } from "./changes.ts";
import { platformActor, type EngineContext } from "./context.ts";
import { createJobRunner } from "./deploy.ts";
import { addDomain, listDomains, removeDomain } from "./domains.ts";
import type { Engine, InstanceStatus, LogLine, LogQuery } from "./engine.ts";
import { applyHostConfig, cleanup, reportProblems } from "./host-config.ts";
import { createJobQueue } from "./jobs.ts";
import { addKey, removeKey, syncKeys } from "./keys.ts";
import { createLoop } from "./loop.ts";
import { removeStrangers } from "./prune.ts";
import { createPublisher } from "./publish.ts";
import { deploy, openRepository, rebuild } from "./pushes.ts";
import { prepareCustomCommands, prepareRun } from "./runs.ts";
import { appStatus, instanceStatus } from "./status.ts";
import { appNamed, branchAt, currentRelease } from "./targets.ts";

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
  const publisher = createPublisher(context);
  const loop = createLoop(context, publisher, stopping.signal);
  const queue = createJobQueue(context, createJobRunner(context, loop), stopping.signal);
  const parts = { publisher, loop, queue };
  let watching: AsyncDisposable | null = null;

  const add = (
    kind: "restart" | "stop" | "start",
    target: string,
    actor: string,
    instance?: string | null,
  ) => {
    const input = instance ? { instance } : {};
    return queue.add({ kind, branchId: branchAt(store, target).id, actor, input });
  };

  return {
    createApp: (name, actor) => createApp(context, publisher, { name, actor }),
    listApps: async () => store.apps.list().map((app) => appStatus(context, app)),
    appInfo: async (name) => appStatus(context, appNamed(store, name)),
    destroyApp: (name, actor) => destroyApp(context, parts, { app: appNamed(store, name), actor }),

    listReleases: async (target) => {
      const branch = branchAt(store, target);
      return { releases: store.releases.of(branch.id), currentId: branch.currentReleaseId };
    },
    releaseInfo: async (target, releaseNumber) => {
      const branch = branchAt(store, target);
      if (releaseNumber === null) return currentRelease(store, branch);
      const release = store.releases.numbered(branch.id, releaseNumber);
      if (release) return release;
      throw new PlatformError("release_not_found", {
        target: targetOf(branch),
        release: releaseNumber,
      });
    },
    rollback: async (target, releaseNumber, actor) =>
      rollback(context, queue, { target, releaseNumber, actor }),

    configVars: async (target) => branchAt(store, target).config.env,
    setConfigVars: async (target, changes, actor) =>
      setConfigVars(context, queue, { target, changes, actor }),

    listInstances: (target) => listInstances(context, target),
    scale: async (target, formation, actor) => scale(context, queue, { target, formation, actor }),
    restart: async (target, instance, actor) => {
      if (instance !== null) await refuseUnknown(context, target, instance);
      return add("restart", target, actor, instance);
    },
    stopBranch: async (target, actor) => add("stop", target, actor),
    startBranch: async (target, actor) => add("start", target, actor),
    logs: (target, query, signal) => logs(context, { target, query }, signal),
    prepareRun: async (target, command, actor) => prepareRun(context, { target, command, actor }),
    prepareCustomCommands: async (target, names, actor) =>
      prepareCustomCommands(context, { target, names, actor }),

    listDomains: async (target) => listDomains(context, target),
    addDomain: (target, domain, actor) => addDomain(context, publisher, { target, domain, actor }),
    removeDomain: (target, domain, actor) =>
      removeDomain(context, publisher, { target, domain, actor }),

    listKeys: async () => store.keys.list(),
    addKey: (name, line, actor) => addKey(context, { name, line, actor }),
    removeKey: (name, actor) => removeKey(context, { name, actor }),
    rebuildKeys: () => syncKeys(context),

    listEvents: async (query) => store.events.list(query),

    openRepository: (name, actor) => openRepository(context, publisher, { name, actor }),
    deploy: async (push) => deploy(context, queue, push),
    rebuild: async (target, actor) => rebuild(context, queue, { target, actor }),
    cleanup: (actor) => cleanup(context, parts, actor),

    job: async (id) => {
      const job = store.jobs.get(id);
      if (!job) throw new PlatformError("job_not_found", { job: id });
      return job;
    },
    listJobs: async (target, limit) =>
      store.jobs.list(target === null ? null : branchAt(store, target).id, limit),
    followJob: queue.follow,

    status: async () => ({
      ...host,
      settings: hostConfig().settings,
      startedAt,
      apps: store.apps.list().length,
      instances: store.instances.list().length,
      problems: hostConfig().problems,
    }),
    shutDown: async () => {
      stopping.abort(new PlatformError("stopping"));
      await Promise.all(store.instances.list().map(loop.remove));
    },

    begin: async () => {
      const row = { at: startedAt, appId: null, target: null, actor: platformActor };
      store.events.add({
        ...row,
        type: "platform.started",
        message: `Berth ${host.version} started.`,
      });
      await removeStrangers(context);
      await loop.adopt();
      await applyHostConfig(context, parts, hostConfig());
      reportProblems(context, hostConfig().problems);
      await publisher.all();
      for (const app of store.apps.destroying())
        await destroyApp(context, parts, { app, actor: platformActor });
      watching = loop.start();
      queue.resume();
    },
    configure: async (config) => {
      await applyHostConfig(context, parts, config);
      reportProblems(context, config.problems);
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort(new PlatformError("stopping"));
      await watching?.[Symbol.asyncDispose]();
    },
  };
}

async function listInstances(context: EngineContext, target: string): Promise<InstanceStatus[]> {
  const branch = branchAt(context.store, target);
  return Promise.all(
    context.store.instances.of(branch.id).map((it) => instanceStatus(context, it)),
  );
}

async function refuseUnknown(
  context: EngineContext,
  target: string,
  instance: string,
): Promise<void> {
  const known = await listInstances(context, target);
  if (known.some(({ name, processType }) => name === instance || processType === instance)) return;
  throw new PlatformError("instance_not_found", { target, instance });
}

async function* logs(
  { store, instanceLogs }: EngineContext,
  { target, query }: { target: string; query: LogQuery },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const branch = branchAt(store, target);
  const { process, lines, follow } = query;
  yield* await instanceLogs.tail(branch.id, { process, lines });
  if (follow) yield* instanceLogs.follow(branch.id, process, signal);
}
