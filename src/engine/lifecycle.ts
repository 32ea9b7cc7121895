import { targetOf, type Branch } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Instance } from "#domain/instance.ts";
import { whyNothingRuns } from "#domain/nothing-runs.ts";
import type { Store } from "#domain/store.ts";
import type { Work } from "./build.ts";
import { emit } from "./context.ts";
import { nameOf } from "./health.ts";
import type { Loop } from "./loop.ts";
import { settledAfterMs } from "./plan/formation.ts";
import { currentRelease } from "./targets.ts";

/**
 * Puts a new instance in the place of each one asked for, without a moment in which fewer serve. The
 * old ones leave when the new ones have settled, as with a deploy.
 */
export async function restart(work: Work, loop: Loop): Promise<void> {
  const { context, job, branch, out, step } = work;
  const chosen = chosenToRestart(context.store, branch, job.input.instance ?? null);
  const mine = standing(context.store, branch);
  const title = `Restarting ${chosen.map(nameOf).join(", ")}`;
  const what = { target: targetOf(branch), since: context.clock.now(), signal: work.signal };
  try {
    const started = await step({ name: "start", title, isHeading: true, resumeAt: "start" }, () =>
      replace(work, loop, { ...what, mine, chosen }),
    );
    const leaving = "Taking the old ones out of service";
    await step({ name: "switch", title: leaving, resumeAt: "switch" }, async () => {
      await loop.health.lasting(started, { ...what, ms: settledAfterMs });
      await loop.reconcile(branch.id);
    });
    out.heading(`Restarted ${started.map(nameOf).join(", ")}`);
  } catch (error) {
    if (!work.stopping.aborted) await keep(work, loop, chosen);
    throw error;
  }
}

/**
 * The instances of that name or that process type, or all of them.
 * @throws {PlatformError} `instance_not_found`, `never_deployed`, `nothing_runs`
 */
export function chosenToRestart(store: Store, branch: Branch, name: string | null): Instance[] {
  const { processTypes } = currentRelease(store, branch);
  const target = targetOf(branch);
  const mine = standing(store, branch);
  if (mine.length === 0) {
    const isStopped = branch.mode === "stopped";
    const why = whyNothingRuns(target, { isStopped, processTypes });
    throw new PlatformError("nothing_runs", { target, ...why });
  }
  if (name === null) return mine;
  const chosen = mine.filter((it) => nameOf(it) === name || it.processType === name);
  if (chosen.length === 0)
    throw new PlatformError("instance_not_found", { target, instance: name });
  return chosen;
}

function standing(store: Store, branch: Branch): Instance[] {
  return store.instances.of(branch.id).filter((it) => it.drainingAt === null);
}

type Replacement = {
  readonly mine: readonly Instance[];
  readonly chosen: readonly Instance[];
  readonly target: string;
  readonly since: Date;
  readonly signal: AbortSignal;
};

/** Starts instances for those chosen and waits until they are healthy; gives them. */
async function replace(
  { context: { store }, branch }: Work,
  loop: Loop,
  { mine, chosen, ...asked }: Replacement,
): Promise<Instance[]> {
  for (const { id } of chosen) store.instances.update(id, { retiringAt: asked.since });
  await loop.reconcile(branch.id);
  const replacements = store.instances.of(branch.id).filter((it) => {
    const isNew = it.drainingAt === null && !mine.some((old) => old.id === it.id);
    return isNew && chosen.some((old) => old.specHash === it.specHash);
  });
  await loop.health.until(replacements, asked);
  return replacements;
}

/** The old ones go on serving: taking the mark off makes the new ones the surplus. */
async function keep(
  { context: { store }, branch }: Work,
  loop: Loop,
  chosen: readonly Instance[],
): Promise<void> {
  for (const { id } of chosen)
    if (store.instances.get(id)) store.instances.update(id, { retiringAt: null });
  await loop.reconcile(branch.id);
}

/** Stops what a branch runs, until it is started again; a deploy to it starts nothing. */
export async function stop(work: Work, loop: Loop): Promise<void> {
  const { context, job, branch, out, step } = work;
  await step({ name: "stop", title: "Stopping the instances" }, async () => {
    context.store.branches.update(branch.id, { mode: "stopped" });
    await loop.reconcile(branch.id);
    await loop.retired(branch.id);
  });
  emit(context, "branch.stopped", {
    branch,
    actor: job.actor,
    message: `${targetOf(branch)} was stopped.`,
  });
  out.heading(`${targetOf(branch)} is stopped`);
}

/** One that a person aborts is stopped again. */
export async function startAgain(work: Work, loop: Loop): Promise<void> {
  const { context, job, branch, out, step } = work;
  const { processTypes } = currentRelease(context.store, branch);
  const started = await step({ name: "start", title: "Starting the instances" }, () =>
    startAll(work, loop).catch(async (error: unknown) => {
      if (work.signal.aborted && !work.stopping.aborted) {
        context.store.branches.update(branch.id, { mode: "stopped" });
        await loop.reconcile(branch.id);
      }
      throw error;
    }),
  );
  emit(context, "branch.started", {
    branch,
    actor: job.actor,
    message: `${targetOf(branch)} was started.`,
  });
  const target = targetOf(branch);
  if (started.length > 0) return out.heading(`${target} runs: ${started.map(nameOf).join(", ")}`);
  const { problem, fix } = whyNothingRuns(target, { isStopped: false, processTypes });
  out.heading(`${target} ${problem}. ${fix}`);
}

async function startAll(
  { context: { store, clock }, branch, signal }: Work,
  loop: Loop,
): Promise<Instance[]> {
  const since = clock.now();
  store.branches.update(branch.id, { mode: "serving" });
  await loop.reconcile(branch.id);
  const mine = standing(store, branch);
  await loop.health.until(mine, { target: targetOf(branch), since, signal });
  return mine;
}
