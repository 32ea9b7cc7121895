import { PlatformError } from "#domain/errors.ts";
import { consoleUrlOf } from "#domain/host-config.ts";
import type { Store } from "#domain/store.ts";
import { createApp, destroyApp } from "./apps.ts";
import { rollback, scale } from "./changes.ts";
import { revealConfigVars, rotateSecrets, setConfigVars } from "./config-vars.ts";
import type { EngineContext } from "./context.ts";
import { addDomain, listDomains, removeDomain } from "./domains.ts";
import type { Engine, InstanceStatus } from "./engine.ts";
import { cleanup } from "./host-config.ts";
import { nameOf } from "./health.ts";
import { addKey, removeKey, syncKeys } from "./keys.ts";
import { readLogs } from "./logs.ts";
import { limitsOfBranch, setLimits } from "./limits.ts";
import type { Meter } from "./meter.ts";
import { metricFamilies } from "./metric-families.ts";
import { overview, readMetrics } from "./metrics.ts";
import type { Parts } from "./parts.ts";
import { createPeople } from "./people/people.ts";
import { deploy, openRepository, rebuild } from "./pushes.ts";
import { diffReleases, releaseNumbered } from "./release-diff.ts";
import { customCommands, Runs } from "./runs.ts";
import { appStatus, instanceStatus } from "./status.ts";
import { appNamed, branchAt, refuseManagedApp } from "./targets.ts";

/** The engine's verbs, noun by noun, each handed on to the file that does it. */
export function operations(
  context: EngineContext,
  parts: Parts,
): Omit<Engine, "status" | "shutDown"> {
  return {
    ...appOperations(context, parts),
    ...releaseOperations(context, parts),
    ...instanceOperations(context, parts),
    ...domainOperations(context, parts),
    ...keyOperations(context),
    ...pushOperations(context, parts),
    ...jobOperations(context, parts),
    ...metricOperations(context, parts),
    people: createPeople({ ...context, url: () => consoleUrlOf(context.hostConfig().settings) }),
    listEvents: async (query) => context.store.events.list(query),
    rotateSecrets: (actor) => rotateSecrets(context, actor),
  };
}

function appOperations(context: EngineContext, parts: Parts) {
  const { store } = context;
  return {
    createApp: (name, actor, teamId = null) =>
      createApp(context, parts.publisher, { name, teamId, actor }),
    listApps: async () => Promise.all(store.apps.list().map((app) => appStatus(context, app))),
    appInfo: async (name) => appStatus(context, appNamed(store, name)),
    destroyApp: async (name, actor) => {
      const app = appNamed(store, name);
      refuseManagedApp(app, app.name);
      await destroyApp(context, parts, { app, actor });
    },
    cleanup: (actor) => cleanup(context, parts, actor),
  } satisfies Partial<Engine>;
}

function releaseOperations(context: EngineContext, { queue }: Parts) {
  const { store } = context;
  return {
    listReleases: async (target) => {
      const branch = branchAt(store, target);
      return { releases: store.releases.of(branch.id), currentId: branch.currentReleaseId };
    },
    releaseInfo: async (target, number) => releaseNumbered(store, branchAt(store, target), number),
    diffReleases: (target, from, to) => diffReleases(context, { target, from, to }),
    rollback: async (target, releaseNumber, actor) =>
      rollback(context, queue, { target, releaseNumber, actor }),
    configVars: async (target) => branchAt(store, target).config.env,
    revealConfigVars: async (target, names, actor) =>
      revealConfigVars(context, { target, names, actor }),
    setConfigVars: async (target, changes, actor) =>
      setConfigVars(context, queue, { target, changes, actor }),
    scale: async (target, formation, actor) => scale(context, queue, { target, formation, actor }),
    limits: async (target) => limitsOfBranch(context, target),
    setLimits: async (target, change, actor) =>
      setLimits(context, queue, { target, change, actor }),
  } satisfies Partial<Engine>;
}

function metricOperations(context: EngineContext, { meter }: Parts) {
  return {
    metrics: async (query) => readMetrics(context, query),
    overview: async () => overview(context, meter),
    metricFamilies: () => metricFamilies(context, meter),
  } satisfies Partial<Engine>;
}

function instanceOperations(context: EngineContext, { queue, meter }: Parts) {
  const { store } = context;
  const add = (
    kind: "restart" | "stop" | "start",
    target: string,
    actor: string,
    instance?: string | null,
  ) => {
    const input = instance ? { instance } : {};
    return queue.add({ kind, branchId: branchAt(store, target).id, actor, input });
  };
  const runs = new Runs(context);
  return {
    listInstances: (target) => listInstances(context, meter, target),
    restart: async (target, instance, actor) => {
      if (instance !== null) refuseUnknown(context.store, target, instance);
      return add("restart", target, actor, instance);
    },
    stopBranch: async (target, actor) => add("stop", target, actor),
    startBranch: async (target, actor) => add("start", target, actor),
    logs: (target, query, signal) => readLogs(context, { target, query }, signal),
    createRun: async (target, run, actor) => runs.create({ ...run, target, actor }),
    openRun: runs.open,
    customCommands: async (target, names) => customCommands(context, { target, names }),
  } satisfies Partial<Engine>;
}

function domainOperations(context: EngineContext, { publisher }: Parts) {
  return {
    listDomains: async (target) => listDomains(context, target),
    addDomain: (target, domain, actor) => addDomain(context, publisher, { target, domain, actor }),
    removeDomain: (target, domain, actor) =>
      removeDomain(context, publisher, { target, domain, actor }),
  } satisfies Partial<Engine>;
}

function keyOperations(context: EngineContext) {
  return {
    listKeys: async () => context.store.keys.list(),
    addKey: (name, line, actor, userId = null) => addKey(context, { name, line, actor, userId }),
    removeKey: (name, actor) => removeKey(context, { name, actor }),
    rebuildKeys: () => syncKeys(context),
  } satisfies Partial<Engine>;
}

function pushOperations(context: EngineContext, { publisher, queue }: Parts) {
  return {
    openRepository: (name, actor) => openRepository(context, publisher, { name, actor }),
    readRepository: async (name) => {
      const app = appNamed(context.store, name);
      return { directory: await context.source.ensureRepository(app.id), app: app.name };
    },
    deploy: async (push) => deploy(context, queue, push),
    rebuild: async (target, actor) => rebuild(context, queue, { target, actor }),
  } satisfies Partial<Engine>;
}

function jobOperations({ store }: EngineContext, { queue }: Parts) {
  return {
    job: async (id) => {
      const job = store.jobs.get(id);
      if (!job) throw new PlatformError("job_not_found", { job: id });
      return job;
    },
    listJobs: async (target, limit) =>
      store.jobs.list(target === null ? null : branchAt(store, target).id, limit),
    followJob: (id, offset, signal) => queue.follow(id, offset, signal),
  } satisfies Partial<Engine>;
}

async function listInstances(
  context: EngineContext,
  { uses }: Meter,
  target: string,
): Promise<InstanceStatus[]> {
  const branch = branchAt(context.store, target);
  return Promise.all(
    context.store.instances.of(branch.id).map((it) => instanceStatus(context, it, uses.get(it.id))),
  );
}

function refuseUnknown(store: Store, target: string, instance: string): void {
  const known = store.instances.of(branchAt(store, target).id);
  if (known.some((it) => nameOf(it) === instance || it.processType === instance)) return;
  throw new PlatformError("instance_not_found", { target, instance });
}
