import { targetOf } from "#domain/branch.ts";
import type { Work } from "./build.ts";
import { emit } from "./context.ts";
import { nameOf } from "./health.ts";
import type { Loop } from "./loop.ts";
import { neverDeployed } from "./targets.ts";

/** Puts a new instance in the place of each one asked for, without a moment in which fewer serve. */
export async function restart(
  { context, job, branch, out, signal }: Work,
  loop: Loop,
): Promise<void> {
  const { store, clock } = context;
  const { instance: name } = job.input;
  const mine = store.instances.of(branch.id).filter((it) => it.drainingAt === null);
  const chosen =
    name === undefined ? mine : mine.filter((it) => nameOf(it) === name || it.processType === name);
  out.heading(`Restarting ${chosen.map(nameOf).join(", ") || "nothing"}`);
  const since = clock.now();
  for (const { id } of chosen) store.instances.update(id, { retiringAt: since });
  await loop.reconcile(branch.id);
  const replacements = store.instances.of(branch.id).filter((it) => {
    const isNew = it.drainingAt === null && !mine.some((old) => old.id === it.id);
    return isNew && chosen.some((old) => old.specHash === it.specHash);
  });
  try {
    await loop.health.until(replacements, { target: targetOf(branch), since, signal });
  } catch (error) {
    // The old ones go on serving: taking the mark off makes the new ones the surplus.
    for (const { id } of chosen)
      if (store.instances.get(id)) store.instances.update(id, { retiringAt: null });
    await loop.reconcile(branch.id);
    throw error;
  }
  await loop.reconcile(branch.id);
  out.heading(`Restarted ${replacements.map(nameOf).join(", ") || "nothing"}`);
}

/** Stops what a branch runs, until it is started again; a deploy to it starts nothing. */
export async function stop({ context, job, branch, out }: Work, loop: Loop): Promise<void> {
  context.store.branches.update(branch.id, { mode: "stopped" });
  await loop.reconcile(branch.id);
  await loop.retired(branch.id);
  emit(context, "branch.stopped", {
    branch,
    actor: job.actor,
    message: `${targetOf(branch)} was stopped.`,
  });
  out.heading(`${targetOf(branch)} is stopped`);
}

export async function startAgain(
  { context, job, branch, out, signal }: Work,
  loop: Loop,
): Promise<void> {
  const { store, clock } = context;
  if (branch.currentReleaseId === null) throw neverDeployed(branch);
  const since = clock.now();
  store.branches.update(branch.id, { mode: "serving" });
  await loop.reconcile(branch.id);
  const mine = store.instances.of(branch.id).filter((it) => it.drainingAt === null);
  await loop.health.until(mine, { target: targetOf(branch), since, signal });
  emit(context, "branch.started", {
    branch,
    actor: job.actor,
    message: `${targetOf(branch)} was started.`,
  });
  out.heading(`${targetOf(branch)} runs: ${mine.map(nameOf).join(", ")}`);
}
