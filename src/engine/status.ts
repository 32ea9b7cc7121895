import type { App } from "#domain/app.ts";
import type { Branch } from "#domain/branch.ts";
import type { Domain } from "#domain/domain-name.ts";
import type { Instance } from "#domain/instance.ts";
import type { Release } from "#domain/release.ts";
import type { EngineContext } from "./context.ts";
import type { AppStatus, BranchState, BranchStatus, InstanceStatus } from "./engine.ts";
import { nameOf } from "./health.ts";
import type { Use } from "./meter.ts";
import { countOf } from "./plan/wanted.ts";
import { urlsOf } from "./publish.ts";

export async function appStatus(context: EngineContext, app: App): Promise<AppStatus> {
  const [status] = await appStatuses(context, [app], null);
  // One app gives one status.
  return status as AppStatus;
}

/** Of those apps with a branch in one of `states`, of all when it is null; with few questions to the store. */
export async function appStatuses(
  context: EngineContext,
  apps: readonly App[],
  states: readonly BranchState[] | null,
): Promise<AppStatus[]> {
  const { store } = context;
  const branches = Map.groupBy(store.branches.ofApps(apps.map(({ id }) => id)), (it) => it.appId);
  const branchesOf = ({ id }: App) => branches.get(id) ?? [];
  const known = knownOf(context, apps.flatMap(branchesOf));
  const teams = new Map(store.people.teams.list().map(({ id, name }) => [id, name]));
  const statuses = await Promise.all(
    apps.map(async (app) => ({
      app,
      team: teams.get(app.teamId) ?? "",
      gitRemote: remoteOf(context, app.name),
      branches: await Promise.all(branchesOf(app).map((it) => branchStatus(context, it, known))),
    })),
  );
  if (states === null) return statuses;
  return statuses.filter((it) => it.branches.some(({ state }) => states.includes(state)));
}

/** What to push to, from this machine; from elsewhere with its own name in the place of localhost. */
function remoteOf({ host, hostConfig }: EngineContext, app: string): string {
  return `ssh://${host.sshNames[0] ?? host.account}@localhost:${hostConfig().settings.listen.ssh}/${app}`;
}

type Known = {
  readonly releases: ReadonlyMap<number, Release>;
  readonly instances: ReadonlyMap<number, readonly Standing[]>;
  readonly domains: readonly Domain[];
};
type Standing = Pick<Instance, "id" | "branchId" | "healthyAt">;

/** What is asked for all of these branches at once. */
function knownOf({ store }: EngineContext, branches: readonly Branch[]): Known {
  const current = branches.flatMap(({ currentReleaseId }) => currentReleaseId ?? []);
  const standing = store.instances.standing(branches.map(({ id }) => id));
  return {
    releases: new Map(store.releases.many(current).map((it) => [it.id, it])),
    instances: Map.groupBy(standing, ({ branchId }) => branchId),
    domains: store.domains.list(),
  };
}

async function branchStatus(
  context: EngineContext,
  branch: Branch,
  { releases, instances, domains }: Known,
): Promise<BranchStatus> {
  const { executor } = context;
  const current = releases.get(branch.currentReleaseId ?? 0) ?? null;
  const living = instances.get(branch.id) ?? [];
  const healthy = living.filter((it) => it.healthyAt !== null).length;
  const wanted = current ? countOf(current) : 0;
  // Only those that do not serve are asked about, which are few.
  const unhealthy = living.filter((it) => it.healthyAt === null);
  const observed = await Promise.all(unhealthy.map(({ id }) => executor.observe(id)));
  const isCrashing = observed.some(({ lastExit }) => lastExit !== null);
  const state = stateOf(branch, current, { healthy, wanted, isCrashing });
  return { branch, state, current, urls: urlsOf(context, branch, domains), healthy, wanted };
}

function stateOf(
  branch: Branch,
  current: Release | null,
  { healthy, wanted, isCrashing }: { healthy: number; wanted: number; isCrashing: boolean },
): BranchState {
  if (!current) return "undeployed";
  if (branch.mode !== "serving") return branch.mode;
  if (healthy >= wanted) return "running";
  return isCrashing ? "crashing" : "starting";
}

export async function instanceStatus(
  context: EngineContext,
  instance: Instance,
  use: Use | undefined,
): Promise<InstanceStatus> {
  const { executor, instanceLogs, clock } = context;
  const { pid, sinceMs, lastExit } = await executor.observe(instance.id);
  const state = stateOfInstance(instance, lastExit !== null);
  const lines =
    state === "crashing" ? await instanceLogs.lastLines(instanceLogs.nameOf(instance), 10) : [];
  return {
    name: nameOf(instance),
    id: instance.id,
    processType: instance.processType,
    state,
    port: instance.port,
    pid,
    command: instance.spec.command,
    cpuCores: use?.cpuCores ?? null,
    memoryBytes: use?.memoryBytes ?? null,
    isBehind: use?.isBehind ?? false,
    startedAt:
      lastExit && pid !== null ? new Date(clock.now().getTime() - sinceMs) : instance.createdAt,
    lastExit,
    lastLines: lines,
  };
}

function stateOfInstance(instance: Instance, hasExited: boolean): InstanceStatus["state"] {
  if (instance.drainingAt !== null) return "draining";
  if (instance.healthyAt !== null) return "running";
  return hasExited ? "crashing" : "starting";
}
