import { AppName, type App } from "#domain/app.ts";
import { BranchConfig, type Branch } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import { firstTeamId } from "#domain/team.ts";
import type { EngineContext } from "./context.ts";
import type { Parts } from "./parts.ts";
import type { Publisher } from "./publish.ts";

/** The branch that an app made by a command deploys, until a push says `master` instead. */
const firstBranch = "main";

/** @throws {PlatformError} `app_exists`, `invalid_input` */
export async function createApp(
  context: EngineContext,
  publisher: Publisher,
  { name, teamId, actor }: { name: string; teamId: number | null; actor: string },
): Promise<App> {
  const { store, clock, source } = context;
  const valid = AppName.safeParse(name);
  if (!valid.success) {
    const problem = `${JSON.stringify(name.slice(0, 80))}: ${valid.error.issues[0]?.message ?? "not allowed"}`;
    throw new PlatformError("invalid_input", { field: "app", problem });
  }
  const { app, branch } = store.transaction(() => {
    if (store.apps.named(valid.data)) throw new PlatformError("app_exists", { app: valid.data });
    if (store.apps.destroying().some((it) => it.name === valid.data)) {
      throw new PlatformError("app_exists", { app: `${valid.data} (being destroyed)` });
    }
    const at = clock.now();
    const added = store.apps.add({
      name: valid.data,
      teamId: teamId ?? firstTeamId,
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
    store.events.add({
      at,
      type: "app.created",
      appId: added.id,
      target: added.name,
      actor,
      message,
    });
    return { app: added, branch: store.branches.add(first) };
  });
  await source.ensureRepository(app.id);
  await publisher.branch(branch.id);
  return app;
}

/**
 * Removes an app with everything of it, and nothing else: found by its id. Each step may be done
 * again, so that a crash in the middle is finished at the next start.
 */
export async function destroyApp(
  context: EngineContext,
  { publisher, loop, queue, meter }: Parts,
  { app, actor }: { app: App; actor: string },
): Promise<void> {
  const { store, source, workspace, users, clock } = context;
  store.apps.markDestroying(app.id, clock.now());
  const branches = store.branches.of(app.id);
  const domains = domainsOf(context, app);
  for (const branch of branches) await removeBranch(context, { loop, queue, meter }, branch);
  await publisher.forget(branches, domains);
  await source.removeRepository(app.id);
  await workspace.removeCache(app.id);
  await users.retire(app.userNumber);
  store.transaction(() => {
    for (const name of domains) store.domains.remove(name);
    store.apps.remove(app.id);
    const message = `${app.name} and everything of it were removed.`;
    store.events.add({
      at: clock.now(),
      type: "app.destroyed",
      appId: app.id,
      target: app.name,
      actor,
      message,
    });
  });
}

/** Ends a branch's jobs and instances and removes its directories; its rows are the caller's. */
export async function removeBranch(
  { store, workspace, instanceLogs, routerLogs, jobLog }: EngineContext,
  { loop, queue, meter }: Pick<Parts, "loop" | "queue" | "meter">,
  branch: Branch,
): Promise<void> {
  await queue.cancel(branch.id);
  store.branches.update(branch.id, { mode: "stopped" });
  await loop.reconcile(branch.id);
  await loop.retired(branch.id);
  await Promise.all(store.instances.of(branch.id).map((it) => loop.remove(it)));
  await Promise.all(store.artifacts.of(branch.id).map(({ id }) => workspace.remove(id)));
  await instanceLogs.remove(branch.id);
  await routerLogs.remove(branch.id);
  meter.forget(branch.id);
  await Promise.all(store.jobs.list(branch.id, 1_000_000).map(({ id }) => jobLog.remove(id)));
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
