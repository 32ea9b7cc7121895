import { PlatformError } from "#domain/errors.ts";
import { consoleUrlOf } from "#domain/host-config.ts";
import { createApp, destroyApp, setNetwork } from "./apps.ts";
import { rollback, scale } from "./changes.ts";
import { revealConfigVars, rotateSecrets, setConfigVars } from "./config-vars.ts";
import type { EngineContext } from "./context.ts";
import { addDrain, listDrains, removeDrain } from "./drains.ts";
import { addDomain, listDomains, removeDomain } from "./domains.ts";
import { cleanup } from "./cleanup.ts";
import type { Engine, InstanceStatus } from "./engine.ts";
import { addKey, removeKey, syncKeys } from "./keys.ts";
import { readLogs } from "./logs.ts";
import { chosenToRestart } from "./lifecycle.ts";
import { limitsOfBranch, setLimits } from "./limits.ts";
import type { Meter } from "./meter.ts";
import { metricFamilies } from "./metric-families.ts";
import { overview, readMetrics } from "./metrics.ts";
import {
  addNotification,
  listNotifications,
  removeNotification,
  setNotification,
  testNotification,
} from "./notifications.ts";
import type { Parts } from "./parts.ts";
import { createPeople } from "./people/people.ts";
import { createOnPush, deploy, openRepository, rebuild } from "./pushes.ts";
import { diffReleases, releaseNumbered } from "./release-diff.ts";
import { listApps, listEvents, listJobs } from "./lists.ts";
import { customCommands } from "./runs.ts";
import { scoreCards } from "./security.ts";
import { appStatus, instanceStatus } from "./status.ts";
import { appNamed, branchAt, refuseManagedApp } from "./targets.ts";

/** The engine's verbs, noun by noun, each handed on to the file that does it. */
export function operations(
  context: EngineContext,
  parts: Parts,
): Omit<Engine, "status" | "shutDown" | "listen" | "once" | "through"> {
  return {
    ...appOperations(context, parts),
    ...releaseOperations(context, parts),
    ...instanceOperations(context, parts),
    ...domainOperations(context, parts),
    ...keyOperations(context),
    ...pushOperations(context, parts),
    ...jobOperations(context, parts),
    ...metricOperations(context, parts),
    people: createPeople({
      ...context,
      url: () => consoleUrlOf(context.hostConfig().settings),
      teamAppsMax: () => context.hostConfig().settings.teamAppsMax,
    }),
    ...outboundOperations(context),
    listEvents: async (query) => listEvents(context, query),
    rotateSecrets: (actor) => rotateSecrets(context, actor),
  };
}

function appOperations(context: EngineContext, parts: Parts) {
  const { store } = context;
  return {
    createApp: (name, actor, teamId = null) =>
      createApp(context, parts.publisher, { name, teamId, actor }),
    listApps: async (query) => listApps(context, query),
    appInfo: async (name) => appStatus(context, appNamed(store, name)),
    setNetwork: (name, network, actor) =>
      setNetwork(context, { app: appNamed(store, name), network, actor }),
    destroyApp: async (name, actor) => {
      const app = appNamed(store, name);
      refuseManagedApp(app, app.name);
      return destroyApp(context, parts, { app, actor });
    },
    cleanup: async (actor) => cleanup(context, parts, actor),
  } satisfies Partial<Engine>;
}

function releaseOperations(context: EngineContext, { queue, meter }: Parts) {
  const { store } = context;
  return {
    listReleases: async (target, query) => {
      const branch = branchAt(store, target);
      const releases = store.releases.list(branch.id, query);
      return { releases, currentId: branch.currentReleaseId };
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
    limits: (target) => limitsOfBranch(context, meter.uses, target),
    scoreCards: (query) => scoreCards(context, query),
    setLimits: async (target, change, actor) =>
      setLimits(context, queue, { target, change, actor }),
  } satisfies Partial<Engine>;
}

function outboundOperations(context: EngineContext) {
  return {
    listNotifications: async (of) => listNotifications(context, of),
    addNotification: async (asked, actor) => addNotification(context, asked, actor),
    setNotification: async (of, change, actor) => setNotification(context, of, { change, actor }),
    removeNotification: async (of, id, actor) => removeNotification(context, { of, id }, actor),
    listDrains: (target) => listDrains(context, target),
    addDrain: (asked, actor) => addDrain(context, asked, actor),
    removeDrain: async (target, id, actor) => removeDrain(context, { target, id }, actor),
    testNotification: (of, id, actor) => testNotification(context, { of, id }, actor),
  } satisfies Partial<Engine>;
}

function metricOperations(context: EngineContext, { meter }: Parts) {
  return {
    metrics: async (query) => readMetrics(context, query),
    overview: async (query) => overview(context, meter, query),
    metricFamilies: () => metricFamilies(context, meter),
  } satisfies Partial<Engine>;
}

function instanceOperations(context: EngineContext, { queue, meter, runs }: Parts) {
  const { store, door } = context;
  const add = (
    kind: "restart" | "stop" | "start",
    target: string,
    actor: string,
    instance?: string | null,
  ) => {
    const input = instance ? { instance } : {};
    return queue.add({ kind, branchId: branchAt(store, target).id, actor, door, input });
  };
  return {
    listInstances: (target) => listInstances(context, meter, target),
    restart: async (target, instance, actor) => {
      chosenToRestart(store, branchAt(store, target), instance);
      return add("restart", target, actor, instance);
    },
    stopBranch: async (target, actor) => add("stop", target, actor),
    startBranch: async (target, actor) => add("start", target, actor),
    logs: (target, query, signal) => readLogs(context, { target, query }, signal),
    createRun: async (target, run, actor) => runs.create({ ...run, target, actor, door }),
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
    createOnPush: (name, actor, teamId) =>
      createOnPush(context, publisher, { name, actor, teamId }),
    openRepository: (name) => openRepository(context, name),
    readRepository: async (name) => {
      const app = appNamed(context.store, name);
      return { directory: await context.source.ensureRepository(app.id), app: app.name };
    },
    deploy: async (push) => deploy(context, queue, push),
    rebuild: async (target, actor) => rebuild(context, queue, { target, actor }),
  } satisfies Partial<Engine>;
}

function jobOperations(context: EngineContext, { queue }: Parts) {
  const job = (id: number) => {
    const found = context.store.jobs.get(id);
    if (!found) throw new PlatformError("job_not_found", { job: id });
    return found;
  };
  return {
    job: async (id) => job(id),
    listJobs: async (query) => listJobs(context, query),
    followJob: (id, offset, signal) => queue.follow(job(id).id, offset, signal),
    abortJob: async (id, actor) => {
      await queue.abort(job(id), actor);
      return job(id);
    },
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
