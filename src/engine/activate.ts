import { changeConfig, targetOf, type Branch } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Instance } from "#domain/instance.ts";
import { deploySteps, type DeployStep } from "#domain/job.ts";
import { limitsOf } from "#domain/limit-choices.ts";
import type { Release } from "#domain/release.ts";
import { appOf, problemOf, seconds, type Work } from "./build.ts";
import { emit } from "./context.ts";
import { nameOf } from "./health.ts";
import type { Loop } from "./loop.ts";
import { createOutput } from "./output.ts";
import { settledAfterMs } from "./plan/formation.ts";
import { differenceOf, environmentOf, wantedOf } from "./plan/wanted.ts";
import { pinOf } from "./prune.ts";
import { urlsOf } from "./publish.ts";
import { currentIfDeployed, isManaged } from "./targets.ts";

const hookTimeoutMs = 3_600_000;

/**
 * Makes a release the current one. Without maintenance hooks its instances come up beside the old
 * ones; with them the requests wait while the old ones are stopped, the hooks run and the new ones
 * come up. Whatever fails, the release before serves again.
 */
export async function activate(work: Work, release: Release, loop: Loop): Promise<void> {
  const { context, branch, out } = work;
  const startedMs = context.clock.now().getTime();
  out.heading(`Release v${release.number}: ${release.description}`);
  const started = await prepare(work, release, loop).catch(async (error: unknown) => {
    if (!work.stopping.aborted) await giveUp(work, release, loop);
    throw error;
  });
  const title = "Switching the traffic";
  await work.step({ name: "switch", title, resumeAt: "switch" }, async () => {
    makeCurrent(work, release);
    await loop.reconcile(branch.id);
    const took = seconds(context.clock.now().getTime() - startedMs);
    out.heading(`v${release.number} is live after ${took}`);
    for (const url of urlsOf(context, branch)) out.line(url);
    await settle(work, loop, { release, started });
  });
}

async function prepare(work: Work, release: Release, loop: Loop): Promise<Instance[]> {
  const { source, workspace } = work.context;
  // What is current keeps its commit; git does that while the program begins.
  const pinned = source.pin(work.branch.appId, pinOf(release.artifactId), release.commit);
  pinned.catch(() => {});
  await runReleaseCommand(work, release);
  await runMaintenanceHooks(work, release, loop);
  const isServed = Object.values(release.processTypes).some(({ kind }) => kind === "static");
  const { userNumber } = appOf(work.context, work.branch);
  if (isServed) await workspace.publish(release.artifactId, userNumber);
  const started = await bringUp(work, release, loop);
  await pinned;
  work.signal.throwIfAborted();
  return started;
}

/** The old instances stay until the new ones have settled, and take the traffic back if one ends. */
async function settle(
  work: Work,
  loop: Loop,
  { release, started }: { release: Release; started: readonly Instance[] },
): Promise<void> {
  const { context, branch, signal } = work;
  const { store } = context;
  const since = new Date(Math.min(...started.map((it) => it.createdAt.getTime())));
  try {
    const asked = { target: targetOf(branch), since, signal, ms: settledAfterMs };
    if (started.length > 0) await loop.health.lasting(started, asked);
  } catch (error) {
    if (!work.stopping.aborted) await takeBack(work, release, loop);
    throw error;
  }
  const { surplus } = differenceOf(release, store.instances.of(branch.id));
  if (surplus) work.out.line(`Stopping ${surplus}`);
  store.branches.update(branch.id, { candidateReleaseId: null });
  await loop.reconcile(branch.id);
}

async function takeBack(work: Work, release: Release, loop: Loop): Promise<void> {
  const { context, branch, job, out } = work;
  const { store } = context;
  const { currentReleaseId, config } = branch;
  const isOurs = job.input.changes !== undefined || job.input.rollbackReleaseId !== undefined;
  store.transaction(() => {
    store.releases.update(release.id, { status: "failed", healthyAt: null });
    const back = { currentReleaseId, candidateReleaseId: null };
    store.branches.update(
      branch.id,
      isOurs && !isManaged(store, branch) ? { ...back, config } : back,
    );
    const message = `v${release.number} failed just after it had taken over.`;
    emit(context, "release.failed", { branch, actor: release.actor, message });
  });
  if (currentReleaseId !== null) out.heading("The release before serves again");
  await loop.reconcile(branch.id);
}

async function runReleaseCommand(work: Work, release: Release): Promise<void> {
  if (!release.releaseCommand || isPast(work, "release")) return;
  const command = release.releaseCommand;
  const what = {
    name: "release",
    title: `Release command: ${command}`,
    resumeAt: "release",
  } as const;
  await work.step({ ...what, isHeading: true }, () =>
    runHook(work, release, { name: "release", command }),
  );
}

async function runMaintenanceHooks(work: Work, release: Release, loop: Loop): Promise<void> {
  const { branch, out } = work;
  const { maintenance, whileServing } = release.config.hooks;
  if (maintenance.length === 0 || isPast(work, "hooks") || !isNewCode(work, release)) return;
  const mustHold = !whileServing && branch.mode !== "stopped";
  if (mustHold) await hold(work, release, loop);
  const title = "Running maintenance hooks";
  await work.step({ name: "hooks", title, resumeAt: "hooks" }, async () => {
    for (const command of maintenance) {
      const hook = { name: "maintenance", title: `Hook maintenance: ${command}` };
      await work.step({ ...hook, isHeading: true }, () =>
        runHook(work, release, { name: "maintenance", command }),
      );
    }
  });
  if (mustHold) out.line(`Requests to ${targetOf(branch)} wait until the new release serves`);
}

/** Changed config vars or counts need no migration: hooks belong to code that did not serve before. */
function isNewCode({ context: { store }, branch }: Work, { artifactId }: Release): boolean {
  return currentIfDeployed(store, branch)?.artifactId !== artifactId;
}

/** Whether a job that goes on after a restart had finished a step, which then is not done again. */
function isPast({ job }: Work, step: DeployStep): boolean {
  return job.step !== null && deploySteps.indexOf(job.step) > deploySteps.indexOf(step);
}

/** Lets requests wait and stops what runs; resolves when nothing of the old release runs any more. */
async function hold(work: Work, release: Release, loop: Loop): Promise<void> {
  const { branch } = work;
  const { clock, store } = work.context;
  const title = "Stopping the old release; requests wait";
  await work.step({ name: "hold", title, isHeading: true, resumeAt: "hold" }, async () => {
    const heldUntil = new Date(clock.now().getTime() + release.config.timing.holdTimeoutS * 1000);
    store.branches.update(branch.id, { mode: "held", heldUntil });
    await loop.reconcile(branch.id);
    await loop.retired(branch.id);
  });
}

/** Gives the instances that were started for it, without those that it shares with the old one. */
async function bringUp(work: Work, release: Release, loop: Loop): Promise<Instance[]> {
  const { missing } = differenceOf(release, work.context.store.instances.of(work.branch.id));
  const what = { name: "start", title: missing ? `Starting ${missing}` : "All it needs runs" };
  const heading = missing ? { isHeading: true as const } : {};
  return work.step({ ...what, ...heading, resumeAt: "start" }, () =>
    startInstances(work, release, loop),
  );
}

async function startInstances(work: Work, release: Release, loop: Loop): Promise<Instance[]> {
  const { context, branch, out, signal } = work;
  const { store, clock } = context;
  store.branches.update(branch.id, { candidateReleaseId: release.id });
  const wanted = wantedOf(release);
  const since = clock.now();
  await loop.reconcile(branch.id);
  const mine = store.instances
    .of(branch.id)
    .filter(
      (it) => it.drainingAt === null && wanted.some(({ specHash }) => specHash === it.specHash),
    );
  await loop.health.until(mine, { target: targetOf(branch), since, signal });
  const started = mine.filter((it) => it.createdAt >= since);
  if (started.length > 0) {
    const took = seconds(clock.now().getTime() - since.getTime());
    out.line(`${started.map(nameOf).join(", ")} healthy after ${took}`);
  }
  return started.filter((it) => it.spec.kind === "web");
}

/** The one step in which a branch's release changes: all of it is on the disk, or nothing. */
function makeCurrent({ context, branch, job }: Work, release: Release): void {
  const { store, clock } = context;
  const healthyAt = clock.now();
  store.transaction(() => {
    store.releases.update(release.id, { status: "healthy", healthyAt });
    // Read again: a command or a file may have changed its config while the job ran.
    const now = store.branches.get(branch.id) ?? branch;
    // What a file says stays wanted, even when a rollback runs without it for a while.
    // The release before stays up beside it for now, unless its instances were stopped for hooks.
    const stays = now.mode === "serving" ? branch.currentReleaseId : null;
    store.branches.update(branch.id, {
      currentReleaseId: release.id,
      candidateReleaseId: stays,
      ...released(now),
      config: isManaged(store, branch) ? now.config : configAfter(now, job.input, release),
    });
    const message = `v${release.number} is current: ${release.description}`;
    emit(context, "release.current", { branch, actor: release.actor, message });
  });
}

/** Only what became healthy stays: a changed config var, or what a rollback brought back. */
function configAfter(
  branch: Branch,
  input: Work["job"]["input"],
  release: Release,
): Branch["config"] {
  if (input.rollbackReleaseId !== undefined) return release.config;
  return input.changes ? changeConfig(branch.config, input.changes) : branch.config;
}

/** Undoes what was begun. Requests that wait are let go when the release before is up again. */
async function giveUp(work: Work, release: Release, loop: Loop): Promise<void> {
  const { context, branch, out } = work;
  const { store, log } = context;
  const isHeld = store.branches.get(branch.id)?.mode === "held";
  store.transaction(() => {
    store.releases.update(release.id, { status: "failed" });
    const candidateReleaseId = isHeld ? branch.currentReleaseId : null;
    store.branches.update(branch.id, { candidateReleaseId });
    const message = `v${release.number} failed.`;
    emit(context, "release.failed", { branch, actor: release.actor, message });
  });
  if (branch.currentReleaseId !== null) out.heading("The release before serves on");
  try {
    if (isHeld) await bringBack(work, loop);
    await loop.reconcile(branch.id);
  } catch (error) {
    // The job fails with what came first.
    log.error({ err: error, branch: branch.id }, "could not go back to the release before");
  }
}

async function bringBack({ context, branch, stopping }: Work, loop: Loop): Promise<void> {
  const { store, clock } = context;
  const since = clock.now();
  try {
    await loop.reconcile(branch.id);
    const mine = store.instances.of(branch.id).filter((it) => it.drainingAt === null);
    await loop.health.until(mine, { target: targetOf(branch), since, signal: stopping });
  } finally {
    const now = store.branches.get(branch.id) ?? branch;
    store.branches.update(branch.id, { candidateReleaseId: null, ...released(now) });
  }
}

/** A branch that holds requests lets them go; one that a person stopped stays stopped. */
function released({ mode }: Branch): Pick<Branch, "mode" | "heldUntil"> {
  return { mode: mode === "held" ? "serving" : mode, heldUntil: null };
}

async function runHook(
  work: Work,
  release: Release,
  { name, command }: { name: string; command: string },
): Promise<void> {
  const { context, out, signal } = work;
  const limits = limitsOf(release.config.limits, null);
  const env = environmentOf(release);
  const sandboxed = {
    app: appOf(context, work.branch),
    artifactId: release.artifactId,
    building: false,
    command,
    env,
    limits,
  };
  const output = createOutput(out, env);
  const options = { onOutput: output.write, signal, timeoutMs: hookTimeoutMs };
  const outcome = await context.runner.run(sandboxed, options).finally(output.end);
  const scope = `-a ${targetOf(work.branch)}`;
  const problem = problemOf(outcome, { ...limits, timeoutMs: hookTimeoutMs, scope });
  if (problem) throw new PlatformError("hook_failed", { hook: name, problem });
}
