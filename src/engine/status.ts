import type { App } from "#domain/app.ts";
import type { Branch } from "#domain/branch.ts";
import type { Instance } from "#domain/instance.ts";
import type { Release } from "#domain/release.ts";
import type { EngineContext } from "./context.ts";
import type { AppStatus, BranchState, BranchStatus, InstanceStatus } from "./engine.ts";
import { nameOf } from "./health.ts";
import type { Use } from "./meter.ts";
import { wantedOf } from "./plan/wanted.ts";
import { urlsOf } from "./publish.ts";

export async function appStatus(context: EngineContext, app: App): Promise<AppStatus> {
  const branches = context.store.branches.of(app.id).map((it) => branchStatus(context, it));
  return { app, gitRemote: remoteOf(context, app.name), branches: await Promise.all(branches) };
}

/** What to push to, from this machine; from elsewhere with its own name in the place of localhost. */
function remoteOf({ host, hostConfig }: EngineContext, app: string): string {
  return `ssh://${host.sshNames[0] ?? host.account}@localhost:${hostConfig().settings.listen.ssh}/${app}`;
}

async function branchStatus(context: EngineContext, branch: Branch): Promise<BranchStatus> {
  const { store, executor } = context;
  const current =
    branch.currentReleaseId === null ? null : store.releases.get(branch.currentReleaseId);
  const living = store.instances.of(branch.id).filter((it) => it.drainingAt === null);
  const healthy = living.filter((it) => it.healthyAt !== null).length;
  const wanted = current ? wantedOf(current).reduce((sum, { count }) => sum + count, 0) : 0;
  // Only those that do not serve are asked about, which are few.
  const unhealthy = living.filter((it) => it.healthyAt === null);
  const observed = await Promise.all(unhealthy.map(({ id }) => executor.observe(id)));
  const isCrashing = observed.some(({ lastExit }) => lastExit !== null);
  const state = stateOf(branch, current, { healthy, wanted, isCrashing });
  return { branch, state, current, urls: urlsOf(context, branch), healthy, wanted };
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
  const { executor, instanceLogs } = context;
  const observed = await executor.observe(instance.id);
  const state = stateOfInstance(instance, observed.lastExit !== null);
  const lines =
    state === "crashing" ? await instanceLogs.lastLines(instanceLogs.nameOf(instance), 10) : [];
  return {
    name: nameOf(instance),
    id: instance.id,
    processType: instance.processType,
    state,
    port: instance.port,
    pid: observed.pid,
    command: instance.spec.command,
    cpuCores: use?.cpuCores ?? null,
    memoryBytes: use?.memoryBytes ?? null,
    startedAt: instance.createdAt,
    lastExit: observed.lastExit,
    lastLines: lines,
  };
}

function stateOfInstance(instance: Instance, hasExited: boolean): InstanceStatus["state"] {
  if (instance.drainingAt !== null) return "draining";
  if (instance.healthyAt !== null) return "running";
  return hasExited ? "crashing" : "starting";
}
