import { changeConfig, targetOf, type Branch } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Release } from "#domain/release.ts";
import { indented, problemOf, seconds, type Work } from "./build.ts";
import { emit } from "./context.ts";
import { nameOf } from "./health.ts";
import type { Loop } from "./loop.ts";
import { environmentOf, wantedOf } from "./plan/wanted.ts";
import { urlsOf } from "./publish.ts";

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
  try {
    await runReleaseCommand(work, release);
    await runMaintenanceHooks(work, release, loop);
    await bringUp(work, release, loop);
  } catch (error) {
    if (!work.signal.aborted) await giveUp(work, release, loop);
    throw error;
  }
  makeCurrent(work, release);
  await loop.reconcile(branch.id);
  const took = seconds(context.clock.now().getTime() - startedMs);
  out.heading(`v${release.number} is live after ${took}`);
  for (const url of urlsOf(context, branch)) out.line(url);
}

async function runReleaseCommand(work: Work, release: Release): Promise<void> {
  if (!release.releaseCommand) return;
  work.context.store.jobs.update(work.job.id, { step: "release" });
  await runHook(work, release, { name: "release", command: release.releaseCommand });
}

async function runMaintenanceHooks(work: Work, release: Release, loop: Loop): Promise<void> {
  const { context, branch, job, out } = work;
  const { maintenance, whileServing } = release.config.hooks;
  if (maintenance.length === 0) return;
  if (!whileServing) await hold(work, release, loop);
  context.store.jobs.update(job.id, { step: "hooks" });
  for (const command of maintenance) {
    out.heading(`Hook maintenance: ${command}`);
    await runHook(work, release, { name: "maintenance", command });
  }
  if (!whileServing) out.line(`Requests to ${targetOf(branch)} wait until the new release serves`);
}

/** Lets requests wait and stops what runs; resolves when nothing of the old release runs any more. */
async function hold(work: Work, release: Release, loop: Loop): Promise<void> {
  const { context, branch, job, out } = work;
  const { clock, store } = context;
  store.jobs.update(job.id, { step: "hold" });
  const heldUntil = new Date(clock.now().getTime() + release.config.timing.holdTimeoutS * 1000);
  store.branches.update(branch.id, { mode: "held", heldUntil });
  out.heading("Stopping the old release; requests wait");
  await loop.reconcile(branch.id);
  await loop.retired(branch.id);
}

async function bringUp(work: Work, release: Release, loop: Loop): Promise<void> {
  const { context, branch, job, out, signal } = work;
  const { store, clock } = context;
  store.jobs.update(job.id, { step: "start" });
  store.branches.update(branch.id, { candidateReleaseId: release.id });
  const wanted = wantedOf(release);
  const names = wanted
    .filter(({ count }) => count > 0)
    .map(({ processType, count }) => `${processType} x${count}`);
  if (names.length > 0) out.heading(`Starting ${names.join(", ")}`);
  const startedMs = clock.now().getTime();
  await loop.reconcile(branch.id);
  const mine = store.instances
    .of(branch.id)
    .filter(
      (it) => it.drainingAt === null && wanted.some(({ specHash }) => specHash === it.specHash),
    );
  await loop.health.until(mine, targetOf(branch), signal);
  if (mine.length > 0) {
    out.line(
      `${mine.map(nameOf).join(", ")} healthy after ${seconds(clock.now().getTime() - startedMs)}`,
    );
  }
}

/** The one step in which a branch's release changes: all of it is on the disk, or nothing. */
function makeCurrent({ context, branch, job }: Work, release: Release): void {
  const { store, clock } = context;
  const healthyAt = clock.now();
  store.transaction(() => {
    store.jobs.update(job.id, { step: "switch" });
    store.releases.update(release.id, { status: "healthy", healthyAt });
    const mode = branch.mode === "held" ? "serving" : branch.mode;
    const change = { currentReleaseId: release.id, candidateReleaseId: null, heldUntil: null };
    store.branches.update(branch.id, {
      ...change,
      mode,
      config: configAfter(branch, job.input, release),
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

async function giveUp({ context, branch, out }: Work, release: Release, loop: Loop): Promise<void> {
  const { store } = context;
  const mode = branch.mode === "held" ? "serving" : branch.mode;
  store.transaction(() => {
    store.releases.update(release.id, { status: "failed" });
    store.branches.update(branch.id, { candidateReleaseId: null, mode, heldUntil: null });
    const message = `v${release.number} failed.`;
    emit(context, "release.failed", { branch, actor: release.actor, message });
  });
  if (branch.currentReleaseId !== null) out.heading("The release before serves on");
  await loop.reconcile(branch.id);
}

async function runHook(
  work: Work,
  release: Release,
  { name, command }: { name: string; command: string },
): Promise<void> {
  const { context, out, signal } = work;
  if (name === "release") out.heading(`Release command: ${command}`);
  const outcome = await context.runner.run(
    {
      command,
      dir: context.workspace.artifactDir(release.artifactId),
      writable: false,
      cacheDir: null,
      env: environmentOf(release),
    },
    { onOutput: indented(out), signal, timeoutMs: hookTimeoutMs },
  );
  const problem = problemOf(outcome, hookTimeoutMs);
  if (problem) throw new PlatformError("hook_failed", { hook: name, problem });
}
