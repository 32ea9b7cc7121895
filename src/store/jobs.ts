import { and, asc, desc, eq, inArray, lt, lte, max, or } from "./drizzle.ts";
import assert from "node:assert/strict";
import { isEnded, jobTransitions, type Job, type JobStatus } from "#domain/job.ts";
import type { JobQuery, Past, Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { jobs } from "./schema.ts";
import type { Sealing } from "./sealing.ts";

export function jobRows(db: Db, sealing: Sealing): Store["jobs"] {
  const jobOf = jobReader(sealing);
  const all = () => db.select().from(jobs);
  const get = (id: number): Job | null => {
    const row = all().where(eq(jobs.id, id)).get();
    return row ? jobOf(row) : null;
  };
  return {
    add: (row) => {
      const input = sealing.sealInput(row.branchId, row.input);
      const waiting = { ...row, input, status: "waiting" } as const;
      return jobOf(addRow(db, (tx) => tx.insert(jobs).values(waiting).returning().get()));
    },
    get,
    update: (id, patch) => void db.update(jobs).set(patch).where(eq(jobs.id, id)).run(),
    setStatus: (id, status, { at, error, before = null }) => {
      const row = all().where(eq(jobs.id, id)).get();
      assert(row, `no job ${id}`);
      const { status: from } = row;
      const allowed: readonly JobStatus[] = jobTransitions[from];
      assert(allowed.includes(status), `job ${id} cannot go from ${from} to ${status}`);
      // What was to be changed stands with the release, and may be a megabyte.
      const { changes: _, ...input } = row.input;
      const times = isEnded(status) ? { endedAt: at, input } : { startedAt: at };
      const facts = { status, error, before, ...times };
      db.update(jobs).set(facts).where(eq(jobs.id, id)).run();
    },
    open: () =>
      all()
        .where(inArray(jobs.status, ["waiting", "running"]))
        .orderBy(asc(jobs.id))
        .all()
        .map(jobOf),
    list: (query) =>
      all().where(conditionOf(query)).orderBy(desc(jobs.id)).limit(query.limit).all().map(jobOf),
    past: (past) => pastJobs(db, past),
    ids: () =>
      db
        .select({ id: jobs.id })
        .from(jobs)
        .all()
        .map(({ id }) => id),
    remove: (ids) => {
      const mine = and(inArray(jobs.id, [...ids]), inArray(jobs.status, endedStatuses));
      db.delete(jobs).where(mine).run();
    },
  };
}

const endedStatuses = (Object.keys(jobTransitions) as JobStatus[]).filter(isEnded);

function conditionOf({ appIds, branchId, kinds, statuses, actors, before }: JobQuery) {
  return and(
    appIds ? inArray(jobs.appId, [...appIds]) : undefined,
    branchId == null ? undefined : eq(jobs.branchId, branchId),
    kinds ? inArray(jobs.kind, [...kinds]) : undefined,
    statuses ? inArray(jobs.status, [...statuses]) : undefined,
    actors ? inArray(jobs.actor, [...actors]) : undefined,
    before == null ? undefined : lt(jobs.id, before),
  );
}

function jobReader({ openInput }: Sealing): (row: typeof jobs.$inferSelect) => Job {
  return (row) => ({ ...row, input: openInput(row.branchId, row.input) });
}

function pastJobs(db: Db, { before, keep, batch }: Past): number[] {
  const newest =
    db
      .select({ id: max(jobs.id) })
      .from(jobs)
      .get()?.id ?? 0;
  const isPast = or(lt(jobs.endedAt, before), lte(jobs.id, newest - keep));
  const ended = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(inArray(jobs.status, endedStatuses), isPast));
  const oldest = ended.orderBy(asc(jobs.id)).limit(batch);
  return oldest.all().map(({ id }) => id);
}
