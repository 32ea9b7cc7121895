import { targetOf } from "#domain/branch.ts";
import type { Instance } from "#domain/instance.ts";
import type { Work } from "./build.ts";
import { emit } from "./context.ts";
import { nameOf } from "./health.ts";
import type { Loop } from "./loop.ts";
import { settledAfterMs } from "./plan/formation.ts";
import { neverDeployed } from "./targets.ts";

/**
 * Puts a new instance in the place of each one asked for, without a moment in which fewer serve. The
 * old ones leave when the new ones have settled, as with a deploy.
 */
export async function restart(work: Work, loop: Loop): Promise<void> {
  const { context, job, branch, out, step } = work;
  const { instance: name } = job.input;
  const mine = context.store.instances.of(branch.id).filter((it) => it.drainingAt === null);
  const chosen =
    name === undefined ? mine : mine.filter((it) => nameOf(it) === name || it.processType === name);
  const title = `Restarting ${chosen.map(nameOf).join(", ") || "nothing"}`;
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
    out.heading(`Restarted ${started.map(nameOf).join(", ") || "nothing"}`);
  } catch (error) {
    if (!work.stopping.aborted) await keep(work, loop, chosen);
    throw error;
  }
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
  if (branch.currentReleaseId === null) throw neverDeployed(branch);
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
  out.heading(`${targetOf(branch)} runs: ${started.map(nameOf).join(", ")}`);
}

async function startAll(
  { context: { store, clock }, branch, signal }: Work,
  loop: Loop,
): Promise<Instance[]> {
  const since = clock.now();
  store.branches.update(branch.id, { mode: "serving" });
  await loop.reconcile(branch.id);
  const mine = store.instances.of(branch.id).filter((it) => it.drainingAt === null);
  await loop.health.until(mine, { target: targetOf(branch), since, signal });
  return mine;
}
