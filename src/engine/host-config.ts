import type { App } from "#domain/app.ts";
import { targetOf, type Branch, type BranchConfig } from "#domain/branch.ts";
import type { ConfigProblem, HostConfig } from "#domain/host-config.ts";
import { defaultBranchOf } from "#domain/repo-config.ts";
import { removeBranch, destroyApp } from "./apps.ts";
import { platformActor, type EngineContext } from "./context.ts";
import { syncKeys } from "./keys.ts";
import type { JobQueue } from "./jobs.ts";
import type { Loop } from "./loop.ts";
import type { Publisher } from "./publish.ts";

type Parts = { readonly loop: Loop; readonly queue: JobQueue; readonly publisher: Publisher };

/**
 * Brings the platform to what the configuration directory says. Only what differs is touched. An
 * app or branch that left the directory keeps running until `cleanup`, since its data would go.
 */
export async function applyHostConfig(
  context: EngineContext,
  parts: Parts,
  config: HostConfig,
): Promise<void> {
  for (const [name, { file, branches }] of config.apps) {
    const app = ensureApp(context, name, file);
    ensureBranches(context, parts, app, branches);
  }
  syncDomains(context, config);
  await parts.publisher.differences();
  await syncKeys(context);
}

/** Says in the events what is wrong with a file; the console and `berth status` show it as well. */
export function reportProblems(
  { store, clock }: EngineContext,
  problems: readonly ConfigProblem[],
): void {
  const broken = problems.filter(({ severity }) => severity === "error");
  for (const { file, line, key, problem, fix } of broken) {
    const message = `${file}:${line}: ${key === "" ? "" : `${key}: `}${problem}. ${fix}`;
    const row = { at: clock.now(), appId: null, target: null, actor: platformActor, message };
    store.events.add({ ...row, type: "host_config.refused" });
  }
}

/** Removes the apps, branches and domains that no file names any more; a sentence for each. */
export async function cleanup(
  context: EngineContext,
  parts: Parts,
  actor: string,
): Promise<string[]> {
  const { store, hostConfig } = context;
  const { apps } = hostConfig();
  const done: string[] = [];
  for (const app of store.apps.list().filter(({ managedBy }) => managedBy !== null)) {
    const configured = apps.get(app.name);
    if (!configured) {
      await destroyApp(context, parts, { app, actor });
      done.push(`${app.name} and everything of it were removed: no file names it.`);
      continue;
    }
    for (const branch of store.branches
      .of(app.id)
      .filter(({ name }) => !configured.branches.has(name))) {
      await removeBranch(context, parts, branch);
      await parts.publisher.forget([branch], []);
      store.branches.remove(branch.id);
      done.push(`${targetOf(branch)} was removed: ${configured.file} names it no more.`);
    }
  }
  return done;
}

function ensureApp({ store, clock }: EngineContext, name: string, file: string): App {
  const found = store.apps.named(name);
  if (found) {
    if (found.managedBy !== file) store.apps.update(found.id, { managedBy: file });
    return { ...found, managedBy: file };
  }
  const at = clock.now();
  return store.transaction(() => {
    const app = store.apps.add({ name, managedBy: file, createdAt: at });
    const message = `${name} was made by ${file}.`;
    store.events.add({
      at,
      type: "app.created",
      appId: app.id,
      target: name,
      actor: platformActor,
      message,
    });
    return app;
  });
}

function ensureBranches(
  { store }: EngineContext,
  { queue }: Parts,
  app: App,
  wanted: ReadonlyMap<string, BranchConfig>,
): void {
  const first = defaultBranchOf(wanted.keys());
  const known = new Map(store.branches.of(app.id).map((branch) => [branch.name, branch]));
  for (const [name, config] of wanted) {
    const isDefault = name === first;
    const branch = known.get(name);
    if (!branch) store.branches.add({ appId: app.id, name, isDefault, config });
    else changeBranch(store, queue, branch, { isDefault, config });
  }
  for (const branch of known.values()) {
    if (!wanted.has(branch.name) && branch.isDefault)
      store.branches.update(branch.id, { isDefault: false });
  }
}

function changeBranch(
  store: EngineContext["store"],
  queue: JobQueue,
  branch: Branch,
  wanted: Pick<Branch, "isDefault" | "config">,
): void {
  const isSame = JSON.stringify(branch.config) === JSON.stringify(wanted.config);
  if (isSame && branch.isDefault === wanted.isDefault) return;
  store.branches.update(branch.id, wanted);
  if (isSame || branch.currentReleaseId === null || !concernsRelease(branch.config, wanted.config))
    return;
  const input = { description: "Change of the configuration file" };
  queue.add({ kind: "release", branchId: branch.id, actor: platformActor, input });
}

/** Hooks of a build and custom commands change nothing that runs. */
function concernsRelease(before: BranchConfig, after: BranchConfig): boolean {
  const running = ({ env, formation, processTypes, health }: BranchConfig) =>
    JSON.stringify({ env, formation, processTypes, health });
  return running(before) !== running(after);
}

function syncDomains({ store }: EngineContext, config: HostConfig): void {
  const known = new Map(store.domains.list().map((domain) => [domain.name, domain]));
  for (const [name, { file, config: wanted }] of config.domains) {
    const before = known.get(name);
    if (before?.managedBy === file && JSON.stringify(before.config) === JSON.stringify(wanted))
      continue;
    store.domains.set({ name, managedBy: file, config: wanted });
  }
  for (const { name, managedBy } of known.values()) {
    if (managedBy !== null && !config.domains.has(name)) store.domains.remove(name);
  }
}
