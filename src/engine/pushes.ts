import { BranchName, type App } from "#domain/app.ts";
import type { Branch } from "#domain/branch.ts";
import type { DomainUpstream } from "#domain/domain-name.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Job } from "#domain/job.ts";
import { createApp } from "./apps.ts";
import type { EngineContext } from "./context.ts";
import { requireRoom } from "./disk-floor.ts";
import type { JobQueue } from "./jobs.ts";
import type { Publisher } from "./publish.ts";
import { appNamed, branchAt, currentRelease } from "./targets.ts";

export type Push = {
  readonly app: string;
  readonly branch: string;
  readonly from: string | null;
  readonly commit: string;
  readonly actor: string;
};

/** An app for the first push to its name. @throws {PlatformError} `app_not_found` where none is made. */
export async function createOnPush(
  context: EngineContext,
  publisher: Publisher,
  asked: { name: string; teamId: number | null; actor: string },
): Promise<App> {
  if (context.hostConfig().settings.createOnPush) return createApp(context, publisher, asked);
  throw new PlatformError("app_not_found", { app: asked.name });
}

/**
 * The repository to push to. What git receives stays for days, also when the push is refused in the
 * end, so the disk's floor holds here as well.
 * @throws {PlatformError} `app_not_found`, `disk_low`
 */
export async function openRepository(
  context: EngineContext,
  name: string,
): Promise<{ directory: string; app: string; pushBytesMax: number }> {
  const { store, source, hostConfig } = context;
  const app = appNamed(store, name);
  const room = await requireRoom(context);
  const directory = await source.ensureRepository(app.id);
  // To git none at all would be no limit.
  const pushBytesMax = Math.max(
    1,
    Math.min(room, hostConfig().settings.pushMegabytesMax * 1024 ** 2),
  );
  return { directory, app: app.name, pushBytesMax };
}

/** Deploys a pushed commit. @throws {PlatformError} `branch_not_found` with the branches that can be pushed. */
export function deploy({ store, door }: EngineContext, queue: JobQueue, push: Push): Job {
  const app = appNamed(store, push.app);
  const branches = store.branches.of(app.id);
  const branch =
    branches.find((it) => it.name === push.branch) ?? adoptFirstName(store, branches, push.branch);
  if (!branch) {
    const known = branches.map((it) => it.name).join(", ") || "none";
    throw new PlatformError("branch_not_found", {
      app: app.name,
      branch: push.branch,
      branches: known,
    });
  }
  const input = { commit: push.commit, from: push.from };
  // The hook asks again when berthd was killed between noting the job and answering.
  const asked = store.jobs.open().find((job) => job.branchId === branch.id && isSame(job, push));
  if (asked) return asked;
  return queue.add({ kind: "deploy", branchId: branch.id, actor: push.actor, door, input });
}

function isSame({ kind, input }: Job, { commit, from }: Push): boolean {
  return kind === "deploy" && input.commit === commit && input.from === from;
}

/** An app made by a command deploys main or master, whichever is pushed first. */
function adoptFirstName(
  store: EngineContext["store"],
  branches: readonly Branch[],
  name: string,
): Branch | null {
  const [only, ...others] = branches;
  const isOpen =
    only &&
    others.length === 0 &&
    only.currentReleaseId === null &&
    !store.apps.get(only.appId)?.managedBy;
  if (!isOpen || !["main", "master"].includes(name) || !BranchName.safeParse(name).success)
    return null;
  store.transaction(() => {
    store.branches.update(only.id, { name });
    for (const domain of store.domains.list()) {
      const locations = domain.config.locations.map((location) => ({
        ...location,
        upstream: renamed(location.upstream, only, name),
      }));
      if (!domain.managedBy)
        store.domains.set({ ...domain, config: { ...domain.config, locations } });
    }
  });
  return store.branches.get(only.id);
}

function renamed(upstream: DomainUpstream, branch: Branch, name: string): DomainUpstream {
  const isIt = upstream.app === branch.appName && upstream.branch === branch.name;
  return isIt ? { ...upstream, branch: name } : upstream;
}

/** Builds and deploys again what is current, on one branch or all that have a release. */
export function rebuild(
  { store, door }: EngineContext,
  queue: JobQueue,
  { target, actor }: { target: string | null; actor: string },
): Job[] {
  const branches =
    target === null
      ? store.branches.list().filter((it) => it.currentReleaseId !== null)
      : [branchAt(store, target)];
  return branches.map((branch) => {
    const { commit } = currentRelease(store, branch);
    return queue.add({ kind: "rebuild", branchId: branch.id, actor, door, input: { commit } });
  });
}
