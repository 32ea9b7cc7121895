import { AppName, type App, type Network } from "#domain/app.ts";
import { BranchConfig, targetOf, type Branch } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Job } from "#domain/job.ts";
import { firstTeamId } from "#domain/team.ts";
import { note, type EngineContext } from "./context.ts";
import { consoleProblem } from "./domains.ts";
import { rowOf, type JobQueue, type JobRun } from "./jobs.ts";
import type { Parts } from "./parts.ts";
import { ownHostOf } from "./plan/routes.ts";
import type { Publisher } from "./publish.ts";
import { requireRoom } from "./targets.ts";

/** The branch that an app made by a command deploys, until a push says `master` instead. */
const firstBranch = "main";

/** @throws {PlatformError} `app_exists`, `invalid_input`, `too_many_apps` */
export async function createApp(
  context: EngineContext,
  publisher: Publisher,
  { name, teamId, actor }: { name: string; teamId: number | null; actor: string },
): Promise<App> {
  const { store, clock, source } = context;
  const valid = AppName.safeParse(name);
  if (!valid.success) throw refusal(name, valid.error.issues[0]?.message ?? "not allowed");
  const { settings } = context.hostConfig();
  const host = ownHostOf({ appName: name, name: firstBranch, isDefault: true }, settings.suffix);
  const problem = consoleProblem(host, settings);
  if (problem !== null) throw refusal(name, problem);
  const { app, branch } = store.transaction(() => {
    if (store.apps.named(valid.data)) throw new PlatformError("app_exists", { app: valid.data });
    if (store.apps.destroying().some((it) => it.name === valid.data)) {
      throw new PlatformError("app_exists", { app: `${valid.data} (being destroyed)` });
    }
    const owner = teamId ?? firstTeamId;
    requireRoom(store, owner, settings.teamAppsMax);
    const at = clock.now();
    const added = store.apps.add({
      name: valid.data,
      teamId: owner,
      managedBy: null,
      createdAt: at,
    });
    const first = {
      appId: added.id,
      name: firstBranch,
      isDefault: true,
      config: BranchConfig.parse({}),
    };
    const message = `${added.name} was made.`;
    note(context, "app.created", { appId: added.id, target: added.name, actor, message });
    return { app: added, branch: store.branches.add(first) };
  });
  await source.ensureRepository(app.id);
  await publisher.branch(branch.id);
  return app;
}

function refusal(name: string, reason: string): PlatformError {
  const problem = `${JSON.stringify(name.slice(0, 80))}: ${reason}`;
  return new PlatformError("invalid_input", { field: "app", problem });
}

/** Begins to remove an app: from now on nobody finds it any more. */
export function destroyApp(
  context: EngineContext,
  { queue }: { queue: JobQueue },
  { app, actor }: { app: App; actor: string },
): Job {
  const { store, door } = context;
  const job = store.transaction(() => {
    markDestroying(context, app);
    return store.jobs.add(rowOf(context, { kind: "destroy", app, actor, door, input: {} }));
  });
  queue.resume();
  return job;
}

export function markDestroying({ store, clock }: EngineContext, { id }: App): void {
  store.apps.markDestroying(id, clock.now());
}

/**
 * Removes an app with everything of it, and nothing else: found by its id. Each step may be done
 * again, so that a crash in the middle is finished at the next start.
 */
export async function removeApp(
  context: EngineContext,
  parts: Parts,
  { app, run: { job, step } }: { app: App; run: JobRun },
): Promise<void> {
  const { store, source, workspace, users } = context;
  const branches = store.branches.of(app.id);
  const domains = domainsOf(context, app);
  for (const branch of branches) {
    const title = `Stopping and removing ${targetOf(branch)}`;
    await step({ name: "branch", title, isHeading: true }, () =>
      removeBranch(context, parts, branch),
    );
  }
  const title = "Removing its routes, code and caches";
  await step({ name: "remove", title, isHeading: true }, async () => {
    await parts.publisher.forget(branches, domains);
    await source.removeRepository(app.id);
    await workspace.removeCache(app.id);
    await users.retire(app.userNumber);
  });
  store.transaction(() => {
    for (const name of domains) store.domains.remove(name);
    store.apps.remove(app.id);
    const message = `${app.name} and everything of it were removed.`;
    const about = { appId: app.id, target: app.name };
    note(context, "app.destroyed", { ...about, actor: job.actor, message });
  });
}

/** Opens or closes what an app's programs may connect to. */
export async function setNetwork(
  context: EngineContext,
  { app, network, actor }: { app: App; network: Network; actor: string },
): Promise<void> {
  context.store.apps.update(app.id, { network });
  await context.users.setNetwork(app.userNumber, network);
  const message = `The network of ${app.name} is ${network}.`;
  note(context, "network.changed", { appId: app.id, target: app.name, actor, message });
}

/**
 * Ends a branch's jobs and instances and removes its directories; its rows are the caller's. It
 * takes no more jobs, unless this fails.
 */
export async function removeBranch(
  context: EngineContext,
  { loop, queue, meter }: Pick<Parts, "loop" | "queue" | "meter">,
  branch: Branch,
): Promise<void> {
  const { store, workspace, instanceLogs, routerLogs, jobLog } = context;
  await queue.close(branch.id);
  try {
    store.branches.update(branch.id, { mode: "stopped" });
    await loop.reconcile(branch.id);
    await loop.retired(branch.id);
    await Promise.all(store.instances.of(branch.id).map((it) => loop.remove(it)));
    await Promise.all(store.artifacts.of(branch.id).map(({ id }) => workspace.remove(id)));
    await instanceLogs.remove(branch.id);
    await routerLogs.remove(branch.id);
    meter.forget(branch.id);
    const jobs = store.jobs.list({ branchId: branch.id, limit: 1_000_000 });
    await Promise.all(jobs.map(({ id }) => jobLog.remove(id)));
  } catch (error) {
    queue.open(branch.id);
    throw error;
  }
}

/** Domains that were added by a command and lead only to this app. */
function domainsOf({ store }: EngineContext, app: App): string[] {
  return store.domains
    .list()
    .filter(
      ({ managedBy, config }) =>
        !managedBy && config.locations.every(({ upstream }) => upstream.app === app.name),
    )
    .map(({ name }) => name);
}
