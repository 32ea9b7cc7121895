import type { Facts, Known } from "#domain/audit.ts";
import { targetOf } from "#domain/branch.ts";
import type { ErrorReport } from "#domain/errors.ts";
import type { Job, JobStatus } from "#domain/job.ts";
import type { Store } from "#domain/store.ts";
import type { EngineContext } from "./context.ts";
import { branchFacts } from "./people/app-facts.ts";
import { difference, factsOfEach } from "./people/fact.ts";
import { ownerOf } from "./people/facts.ts";
import { noteAudit } from "./people/people.ts";

/** What is so of what a job works on, as far as jobs change it; a one-off command changes nothing. */
export function factsOfJob(store: Store, { kind, branchId, appId }: Job): Known {
  if (kind === "run") return {};
  if (branchId !== null) {
    const branch = store.branches.get(branchId);
    return branch ? branchFacts(store, branch) : {};
  }
  if (appId === null) return managedFacts(store);
  const app = store.apps.get(appId);
  const team = app && store.people.teams.get(app.teamId);
  return { ...(app && { app: { is: app.name } }), ...(team && { team: { is: team.name } }) };
}

/**
 * Notes how a job has ended, and what is not as it was when it began: by whom it was asked for, and
 * from where, stands with the operation that asked.
 */
export function noteJobEnd(
  context: EngineContext,
  job: Job,
  { status, error }: { readonly status: JobStatus; readonly error: ErrorReport | null },
): void {
  const { store } = context;
  const { id, actor, door, kind, target } = job;
  const changed = job.before
    ? difference(job.before, factsOfJob(store, job))
    : { before: {}, after: {} };
  noteAudit(context, {
    ...ownerOf(store, { jobs: [id], team: teamOf(job) }),
    appId: job.appId,
    actor,
    userId: null,
    door,
    address: null,
    operation: `job.${kind}`,
    target: target === "" ? null : target,
    input: inputOf(job),
    ...changed,
    outcome: status === "done" ? "done" : "failed",
    code: error?.code ?? null,
  });
}

function inputOf({ id, input: { commit, description, instance } }: Job): Facts {
  return {
    job: id,
    ...(commit !== undefined && { commit }),
    ...(description !== undefined && { description }),
    ...(instance !== undefined && { instance }),
  };
}

/** Of an app that is gone by now. */
function teamOf({ before }: Job): string | undefined {
  const team = before?.["team"]?.is;
  return typeof team === "string" ? team : undefined;
}

/** Apps and branches that configuration files made. */
function managedFacts({ apps, branches }: Store): Known {
  const managed = new Map(
    apps.list().flatMap(({ id, managedBy }) => (managedBy === null ? [] : [[id, managedBy]])),
  );
  const theirs = branches.list().filter(({ appId }) => managed.has(appId));
  return factsOfEach(theirs, (branch) => [
    targetOf(branch),
    { is: `of ${managed.get(branch.appId)}` },
  ]);
}
