import {
  changeConfig,
  restoreConfig,
  targetOf,
  type Branch,
  type BranchConfig,
} from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Release } from "#domain/release.ts";
import { activate } from "./activate.ts";
import { buildArtifact, type Work } from "./build.ts";
import { emit, type EngineContext } from "./context.ts";
import type { Semaphore } from "./locks.ts";
import type { Loop } from "./loop.ts";
import { currentIfDeployed, currentRelease, neverDeployed } from "./targets.ts";
import { countOf } from "./plan/wanted.ts";
import { prune } from "./prune.ts";

export async function deploy(work: Work, loop: Loop, buildSlot: Semaphore): Promise<void> {
  const { context, job, branch } = work;
  const commit = commitOf(work);
  if (commit === undefined) throw neverDeployed(branch);
  try {
    if (job.step === null) {
      await refuseMoved(work, commit);
      emit(context, "deploy.started", {
        branch,
        actor: job.actor,
        message: `Deploying ${commit.slice(0, 7)}.`,
      });
    }
    const describing = describe(work, commit);
    // Who waits for it looks at how it ended.
    describing.catch(() => {});
    const artifact = await buildSlot.run(() => buildArtifact(work, commit), work.signal);
    const description = await describing;
    await releaseOnce(work, loop, { artifactId: artifact.id, config: branch.config, description });
  } catch (error) {
    const message =
      error instanceof PlatformError ? error.message : "Berth made a mistake of its own.";
    const type = work.signal.aborted ? "deploy.aborted" : "deploy.failed";
    if (!work.stopping.aborted) emit(context, type, { branch, actor: job.actor, message });
    throw error;
  }
  await work.step({ name: "finish", title: "Finishing", resumeAt: "finish" }, async () => {
    if (job.kind === "deploy") await moveBranch(work, commit);
    await pruneAfter(work);
  });
}

/** `Deploy 3f2a1b0: Answer again`: the commit, and what its author says of it. */
async function describe({ context, job, branch }: Work, commit: string): Promise<string> {
  const subject = (await context.source.subjectOf(branch.appId, commit)).slice(0, 100).trim();
  const deed = `${job.kind === "deploy" ? "Deploy" : "Rebuild"} ${commit.slice(0, 7)}`;
  return subject === "" ? deed : `${deed}: ${subject}`;
}

/** The release is live by now: what cannot be cleared away now is cleared away by the next. */
async function pruneAfter({ context, branch }: Work): Promise<void> {
  await prune(context, branch.id).catch((error: unknown) => {
    context.log.error({ err: error, branch: branch.id }, "could not prune");
  });
}

/** A rebuild is of what is current when its turn has come. */
function commitOf({ context: { store }, job, branch }: Work): string | undefined {
  if (job.kind === "deploy") return job.input.commit;
  const begun = job.artifactId === null ? null : store.artifacts.get(job.artifactId);
  return (begun ?? currentIfDeployed(store, branch))?.commit ?? job.input.commit;
}

/** A release of an artifact that is there, with changed config vars or counts, or all of an older one. */
export async function releaseAgain(work: Work, loop: Loop): Promise<void> {
  const { context, branch, job } = work;
  const current = currentRelease(context.store, branch);
  const { rollbackReleaseId, changes = {}, description = "Change" } = job.input;
  const from =
    rollbackReleaseId === undefined ? null : context.store.releases.get(rollbackReleaseId);
  const config: BranchConfig = from
    ? restoreConfig(from.config, branch.config)
    : changeConfig(branch.config, changes);
  const { artifactId } = from ?? current;
  refusePruned(context, from ?? current, job.target);
  await releaseOnce(work, loop, { artifactId, config, description });
  await work.step({ name: "finish", title: "Finishing", resumeAt: "finish" }, () =>
    pruneAfter(work),
  );
}

/** Makes the job's release, or takes the one that it made before berthd was killed. */
async function releaseOnce(
  work: Work,
  loop: Loop,
  made: Pick<Release, "artifactId" | "config" | "description">,
): Promise<void> {
  const { context, job, branch } = work;
  const { store, clock } = context;
  const begun = job.releaseId === null ? null : store.releases.get(job.releaseId);
  if (begun?.status === "healthy") {
    // berthd was killed after the switch: what the old release left is taken down.
    store.branches.update(branch.id, { candidateReleaseId: null });
    return loop.reconcile(branch.id);
  }
  const release =
    begun ??
    store.transaction(() => {
      const added = store.releases.add({
        ...made,
        branchId: branch.id,
        actor: job.actor,
        createdAt: clock.now(),
      });
      refuseCrowd(context, branch, added);
      store.jobs.update(job.id, { releaseId: added.id });
      const message = `v${added.number}: ${added.description}`;
      emit(context, "release.created", { branch, actor: job.actor, message });
      return added;
    });
  await activate(work, release, loop);
}

/**
 * Whoever may deploy chooses how many instances that are, be it by the lines of a Procfile.
 * @throws {PlatformError} `too_many_instances`
 */
function refuseCrowd({ store, hostConfig }: EngineContext, branch: Branch, added: Release): void {
  const others = store.branches.of(branch.appId).filter(({ id }) => id !== branch.id);
  const current = store.releases.many(others.flatMap((it) => it.currentReleaseId ?? []));
  const count = [added, ...current].reduce((sum, release) => sum + countOf(release), 0);
  const most = hostConfig().settings.appInstancesMax;
  if (count > most)
    throw new PlatformError("too_many_instances", { app: branch.appName, count, most });
}

/**
 * While a push waited, another may have moved the branch. If this one contains that, it goes on;
 * else it would undo it unseen.
 */
async function refuseMoved(
  { context: { source }, job, branch }: Work,
  commit: string,
): Promise<void> {
  if (job.kind !== "deploy") return;
  const tip = await source.tipOf(branch.appId, branch.name);
  if (tip === null || tip === job.input.from || tip === commit) return;
  if (await source.isAncestor(branch.appId, tip, commit)) return;
  throw new PlatformError("branch_moved", { target: targetOf(branch), commit: tip.slice(0, 7) });
}

async function moveBranch(
  { context: { source, log }, job, branch }: Work,
  commit: string,
): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const tip = await source.tipOf(branch.appId, branch.name);
    if (tip === commit || (await source.moveBranch(branch.appId, branch.name, tip, commit))) return;
  }
  log.error({ job: job.id, commit }, "could not move the branch");
}

export function refusePruned(
  { store }: EngineContext,
  release: Pick<Release, "artifactId" | "number" | "commit">,
  target: string,
): void {
  if (store.artifacts.get(release.artifactId)?.status === "ready") return;
  const commit = release.commit.slice(0, 7);
  throw new PlatformError("artifact_pruned", { release: release.number, target, commit });
}
