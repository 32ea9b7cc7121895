import { parseTarget } from "#domain/app.ts";
import type { BranchOutline } from "#domain/branch.ts";
import type { Event } from "#domain/events.ts";
import type { Job } from "#domain/job.ts";
import type { EventQuery, JobQuery } from "#domain/store.ts";
import type { EngineContext } from "./context.ts";
import type { AppQuery, AppStatus, BranchState, Named } from "./engine.ts";
import { appStatuses } from "./status.ts";
import { appNamed, branchAt } from "./targets.ts";

/** Apps whose state is looked up together. */
const atOnce = 250;

/** A page of the apps, by name. */
export async function listApps(context: EngineContext, query: AppQuery): Promise<AppStatus[]> {
  const { after, visible, limit, states = null } = query;
  const { apps: rows } = context.store;
  if (visible === null && states === null) {
    return appStatuses(context, rows.list({ after, limit }), null);
  }
  const possible = states && appsPerhapsIn(context, states);
  const apps = rows.list().filter(({ id, name }) => {
    if (after !== null && name <= after) return false;
    return (visible?.has(id) ?? true) && (possible?.has(id) ?? true);
  });
  const size = states === null ? limit : atOnce;
  const found: AppStatus[] = [];
  for (let at = 0; at < apps.length && found.length < limit; at += size) {
    found.push(...(await appStatuses(context, apps.slice(at, at + size), states)));
  }
  return found.slice(0, limit);
}

/** Ids of apps with a branch that could be in one of these states, as far as its row says. */
function appsPerhapsIn({ store }: EngineContext, states: readonly BranchState[]): Set<number> {
  const branches = store.branches.outlines().filter((it) => mayBeIn(it, states));
  return new Set(branches.map(({ appId }) => appId));
}

function mayBeIn(
  { currentReleaseId, mode }: BranchOutline,
  states: readonly BranchState[],
): boolean {
  if (currentReleaseId === null) return states.includes("undeployed");
  if (mode !== "serving") return states.includes(mode);
  return ["running", "starting", "crashing"].some((it) => states.includes(it as BranchState));
}

export function listJobs({ store }: EngineContext, query: Named<JobQuery>): Job[] {
  const { target, visible, ...rest } = query;
  const of = target === null ? {} : aboutJobs(store, target);
  return store.jobs.list({ ...rest, ...of, ...within(of.appIds, visible) });
}

/** An app that is gone is known by its name only. */
export function listEvents({ store }: EngineContext, query: Named<EventQuery>): Event[] {
  const { target, visible, ...rest } = query;
  const of = target === null ? {} : aboutEvents(store, target);
  return store.events.list({ ...rest, ...of, ...within(of.appIds, visible) });
}

function aboutJobs(
  store: EngineContext["store"],
  target: string,
): { branchId?: number; appIds?: number[] } {
  const isBranch = parseTarget(target).branch !== null;
  return isBranch
    ? { branchId: branchAt(store, target).id }
    : { appIds: [appNamed(store, target).id] };
}

function aboutEvents(
  store: EngineContext["store"],
  target: string,
): { target?: string; appIds?: number[] } {
  const { app: name, branch } = parseTarget(target);
  const app = store.apps.named(name);
  if (!app) return { target };
  return branch === null ? { appIds: [app.id] } : { target, appIds: [app.id] };
}

function within(
  appIds: readonly number[] | undefined,
  visible: ReadonlySet<number> | null,
): { appIds?: readonly number[] } {
  if (visible === null) return appIds ? { appIds } : {};
  return { appIds: appIds ? appIds.filter((id) => visible.has(id)) : [...visible] };
}
