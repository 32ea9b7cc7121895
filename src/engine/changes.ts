import { targetOf, type Branch } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Job } from "#domain/job.ts";
import { rollbackTarget } from "#domain/release.ts";
import type { Store } from "#domain/store.ts";
import { changeConfig, type ConfigChanges } from "#domain/branch.ts";
import { emit, type EngineContext } from "./context.ts";
import { refusePruned } from "./deploy.ts";
import type { JobQueue } from "./jobs.ts";
import { branchAt, currentRelease, refuseManaged } from "./targets.ts";

/** @throws {PlatformError} `process_type_not_found` */
export function scale(
  context: EngineContext,
  queue: JobQueue,
  asked: { target: string; formation: Record<string, number>; actor: string },
): Job | null {
  const { store } = context;
  const branch = branchAt(store, asked.target);
  refuseManaged(store, branch, `The formation of ${targetOf(branch)}`);
  const { processTypes } = currentRelease(store, branch);
  refuseUnknownTypes(store, branch, Object.keys(asked.formation));
  const changed = Object.entries(asked.formation).filter(
    ([name, count]) => processTypes[name]?.count !== count,
  );
  if (changed.length === 0) return null;
  const description = `Scale ${changed.map(([name, count]) => `${name}=${count}`).join(" ")}`;
  emit(context, "formation.changed", { branch, actor: asked.actor, message: `${description}.` });
  return change(context, queue, { ...asked, changes: { formation: asked.formation }, description });
}

/**
 * Refuses what a branch that runs has no process type for; one that was never deployed may get it.
 * @throws {PlatformError} `process_type_not_found`
 */
export function refuseUnknownTypes(store: Store, branch: Branch, asked: readonly string[]): void {
  if (branch.currentReleaseId === null) return;
  const { processTypes } = currentRelease(store, branch);
  for (const processType of asked) {
    const type = Object.hasOwn(processTypes, processType) ? processTypes[processType] : undefined;
    if (type && type.kind !== "static") continue;
    const known = Object.keys(processTypes).join(", ");
    throw new PlatformError("process_type_not_found", {
      target: targetOf(branch),
      processType,
      processTypes: known,
    });
  }
}

/** Code and configuration of an older release, as a new one. */
export function rollback(
  context: EngineContext,
  queue: JobQueue,
  { target, releaseNumber, actor }: { target: string; releaseNumber: number | null; actor: string },
): Job {
  const { store, door } = context;
  const branch = branchAt(store, target);
  const current = currentRelease(store, branch);
  const to =
    releaseNumber === null
      ? rollbackTarget(store.releases.of(branch.id), current, targetOf(branch))
      : store.releases.numbered(branch.id, releaseNumber);
  if (!to)
    throw new PlatformError("release_not_found", {
      target: targetOf(branch),
      release: releaseNumber ?? 0,
    });
  refusePruned(context, to, targetOf(branch));
  const input = { rollbackReleaseId: to.id, description: `Rollback to v${to.number}` };
  return queue.add({ kind: "release", branchId: branch.id, actor, door, input });
}

/** Notes a change of the config; a branch that runs gets a release of it. */
export function change(
  { store, door }: EngineContext,
  queue: JobQueue,
  asked: { target: string; changes: ConfigChanges; description: string; actor: string },
): Job | null {
  const branch = branchAt(store, asked.target);
  if (branch.currentReleaseId === null) {
    store.branches.update(branch.id, { config: changeConfig(branch.config, asked.changes) });
    return null;
  }
  const input = { changes: asked.changes, description: asked.description };
  const about = { branchId: branch.id, actor: asked.actor, door };
  return queue.add({ kind: "release", ...about, input });
}
