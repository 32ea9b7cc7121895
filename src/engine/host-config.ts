import type { App } from "#domain/app.ts";
import type { Branch, BranchConfig } from "#domain/branch.ts";
import { identitiesOf, withKnownSecrets } from "#domain/config-var.ts";
import type { EventType } from "#domain/events.ts";
import type { ConfigProblem, HostConfig } from "#domain/host-config.ts";
import type { DomainConfig } from "#domain/domain-name.ts";
import { defaultBranchOf } from "#domain/repo-config.ts";
import { note, platformActor, type EngineContext } from "./context.ts";
import { changeByFile, noteSettings } from "./file-audit.ts";
import { rowOf, type JobQueue } from "./jobs.ts";
import { syncKeys } from "./keys.ts";
import type { Parts } from "./parts.ts";
import { ownerOf } from "./publish.ts";

/**
 * Brings the platform to what the configuration directory says, each time that it is called. Only what
 * differs is touched. An app or branch that left the directory keeps running until `cleanup`, since its
 * data would go.
 */
export function createConfigure(
  context: EngineContext,
  parts: Parts,
): (config: HostConfig) => Promise<void> {
  let settings: HostConfig["settings"] | null = null;
  let said: ReadonlySet<string> = new Set();
  return async (config) => {
    noteSettings(context, settings ?? config.settings, config.settings);
    settings = config.settings;
    for (const [name, { file, branches }] of config.apps) {
      syncApp(context, parts, { name, file, branches });
    }
    syncDomains(context, config);
    await parts.publisher.differences();
    await syncKeys(context);
    said = sayProblems(context, config.problems, said);
  };
}

/** Says in the events what is newly wrong with a file; `berth status` shows all of it. Gives what is said. */
function sayProblems(
  context: EngineContext,
  problems: readonly ConfigProblem[],
  before: ReadonlySet<string>,
): ReadonlySet<string> {
  const now = new Map(realProblems(context, problems).map((it) => [wordsOf(it), it.severity]));
  for (const [message, severity] of now) {
    if (before.has(message)) continue;
    emitApart(
      context,
      severity === "error" ? "host_config.refused" : "host_config.applied",
      message,
    );
  }
  return new Set(now.keys());
}

/** Without those that a command has made good. */
export function realProblems(
  { store }: EngineContext,
  problems: readonly ConfigProblem[],
): ConfigProblem[] {
  return problems.filter(
    ({ unlessApp }) => unlessApp === undefined || store.apps.named(unlessApp) === null,
  );
}

function wordsOf({ file, line, key, problem, fix }: ConfigProblem): string {
  const place = line === 0 ? file : `${file}:${line}`;
  const words = [place, key, `${problem}. To mend it: ${fix}.`];
  return words.filter((part) => part !== "").join(": ");
}

/** Records what concerns no app that is there for sure. */
function emitApart(context: EngineContext, type: EventType, message: string): void {
  note(context, type, { appId: null, target: null, actor: platformActor, message });
}

function syncApp(
  context: EngineContext,
  parts: Parts,
  {
    name,
    file,
    branches,
  }: { name: string; file: string; branches: ReadonlyMap<string, BranchConfig> },
): void {
  const known = context.store.apps.named(name);
  const changesOf = (app: App) => changesOfBranches(context, parts, app, branches);
  if (known?.managedBy === file && changesOf(known).length === 0) return;
  changeByFile(context, { file, target: name, subject: { app: name } }, () => {
    for (const change of changesOf(ensureApp(context, name, file))) change();
  });
}

function ensureApp(context: EngineContext, name: string, file: string): App {
  const { store, clock } = context;
  const found = store.apps.named(name);
  if (found) {
    if (found.managedBy === file) return found;
    store.apps.update(found.id, { managedBy: file });
    emitApart(context, "host_config.applied", `${name} is managed by ${file} from now on.`);
    return { ...found, managedBy: file };
  }
  const at = clock.now();
  return store.transaction(() => {
    const app = store.apps.add({ name, managedBy: file, createdAt: at });
    const message = `${name} was made by ${file}.`;
    const about = { appId: app.id, target: name };
    note(context, "app.created", { ...about, actor: platformActor, message });
    return app;
  });
}

/** Everything that a file's branches are not as they should be, each as what mends it. */
function changesOfBranches(
  context: EngineContext,
  { queue }: Parts,
  app: App,
  wanted: ReadonlyMap<string, BranchConfig>,
): (() => void)[] {
  const { store } = context;
  const first = defaultBranchOf(wanted.keys());
  const known = new Map(store.branches.of(app.id).map((branch) => [branch.name, branch]));
  const changes: (() => void)[] = [];
  for (const [name, config] of wanted) {
    const isDefault = name === first;
    const branch = known.get(name);
    if (branch) {
      const env = withKnownSecrets(config.env, branch.config.env);
      const own = { isDefault, config: { ...config, env } };
      if (isChanged(branch, own)) changes.push(() => changeBranch(context, queue, branch, own));
    } else changes.push(() => store.branches.add({ appId: app.id, name, isDefault, config }));
  }
  for (const { id, name, isDefault } of known.values()) {
    if (wanted.has(name) || !isDefault) continue;
    changes.push(() => store.branches.update(id, { isDefault: false }));
  }
  return changes;
}

type WantedBranch = Pick<Branch, "isDefault" | "config">;

function isChanged(branch: Branch, { isDefault, config }: WantedBranch): boolean {
  return branch.isDefault !== isDefault || textOf(branch.config) !== textOf(config);
}

function changeBranch(
  context: EngineContext,
  queue: JobQueue,
  branch: Branch,
  wanted: WantedBranch,
): void {
  const { store } = context;
  const isRunning = branch.currentReleaseId !== null;
  const mustRelease =
    isRunning && concernsRelease(branch.config, wanted.config) && !isReleaseWaiting(store, branch);
  // Both or none, so that no change is forgotten when berthd is killed here.
  store.transaction(() => {
    store.branches.update(branch.id, wanted);
    if (!mustRelease) return;
    const input = { description: "Change of the configuration file" };
    const about = { branchId: branch.id, actor: platformActor, door: context.door };
    store.jobs.add(rowOf(context, { kind: "release", ...about, input }));
  });
  if (mustRelease) queue.resume();
}

/** What waits takes the config as it is when it begins; a rollback brings its own. */
function isReleaseWaiting({ jobs }: EngineContext["store"], { id }: Branch): boolean {
  return jobs
    .open()
    .some(
      ({ branchId, kind, status, input }) =>
        branchId === id &&
        kind === "release" &&
        status === "waiting" &&
        input.rollbackReleaseId === undefined,
    );
}

/** Hooks of a build and custom commands change nothing that runs. */
function concernsRelease(before: BranchConfig, after: BranchConfig): boolean {
  const running = ({ env, formation, processTypes, health }: BranchConfig) =>
    textOf({ env, formation, processTypes, health });
  return running(before) !== running(after);
}

/** Equal for two configs that say the same. */
function textOf(config: Partial<BranchConfig> & Pick<BranchConfig, "env">): string {
  return JSON.stringify({ ...config, env: identitiesOf(config.env) });
}

/** A file's word counts more than a command's. */
function syncDomains(context: EngineContext, config: HostConfig): void {
  const { store } = context;
  const known = new Map(store.domains.list().map((domain) => [domain.name, domain]));
  for (const [name, { file, config: wanted }] of config.domains) {
    const before = known.get(name);
    if (before?.managedBy === file && JSON.stringify(before.config) === JSON.stringify(wanted))
      continue;
    const change = { file, target: name, subject: { app: appOf(wanted) } };
    changeByFile(context, change, () =>
      store.domains.set({ name, managedBy: file, config: wanted }),
    );
    if (before?.managedBy === null) {
      const message = `${name} is managed by ${file} from now on; a command had given it to ${ownerOf(before)}.`;
      emitApart(context, "host_config.applied", message);
    }
  }
  for (const { name, managedBy: file, config: former } of known.values()) {
    if (file === null || config.domains.has(name)) continue;
    const change = { file, target: name, subject: { app: appOf(former) } };
    changeByFile(context, change, () => store.domains.remove(name));
  }
}

function appOf({ locations }: DomainConfig): string | undefined {
  return locations[0]?.upstream.app;
}
