import type { EngineContext } from "./context.ts";

const logsKept = 20;
const jobLogsKept = 100;

/**
 * Removes the code of releases beyond the newest `keepReleases`; their records stay. What is
 * current, what is coming up and what an instance runs on is spared.
 */
export async function prune(context: EngineContext, branchId: number): Promise<void> {
  const { store, workspace, source, instanceLogs, jobLog } = context;
  const branch = store.branches.get(branchId);
  if (!branch) return;
  const releases = store.releases.of(branchId);
  const instances = store.instances.of(branchId);
  const spared = new Set([
    ...releases.slice(0, branch.config.keepReleases).map((it) => it.artifactId),
    ...releases
      .filter((it) => it.id === branch.currentReleaseId || it.id === branch.candidateReleaseId)
      .map((it) => it.artifactId),
    ...instances.map((it) => it.spec.artifactId),
  ]);
  const open = store.jobs.open().map((job) => job.artifactId);
  const doomed = store.artifacts
    .of(branchId)
    .filter((it) => it.status !== "pruned" && !spared.has(it.id) && !open.includes(it.id));
  for (const { id } of doomed) {
    store.artifacts.update(id, { status: "pruned" });
    await workspace.remove(id);
    await source.unpin(branch.appId, pinOf(id));
  }
  const living = instances.map((it) => it.id);
  await instanceLogs.prune(branchId, living, logsKept);
  const older = store.jobs.list({ branchId, limit: 2 * jobLogsKept }).slice(jobLogsKept);
  await Promise.all(older.map(({ id }) => jobLog.remove(id)));
}

/** The name under which git keeps an artifact's commit. */
export function pinOf(artifactId: number): string {
  return `artifacts/${artifactId}`;
}

/** Removes directories that no record knows, left by a crash between the two. */
export async function removeStrangers({ store, workspace }: EngineContext): Promise<void> {
  const known = new Set(store.artifacts.ids());
  const strangers = (await workspace.ids()).filter((id) => !known.has(id));
  for (const id of strangers) await workspace.remove(id);
}
