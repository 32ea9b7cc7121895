import { asc, desc, eq, inArray } from "./drizzle.ts";
import assert from "node:assert/strict";
import { targetOf } from "#domain/branch.ts";
import { isEnded, jobTransitions, type Job, type JobStatus } from "#domain/job.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { apps, branches, jobs } from "./schema.ts";
import type { Sealing } from "./sealing.ts";

const branchColumns = { appName: apps.name, name: branches.name, isDefault: branches.isDefault };

export function jobRows(db: Db, sealing: Sealing): Store["jobs"] {
  const all = () =>
    db
      .select({ job: jobs, branch: branchColumns })
      .from(jobs)
      .innerJoin(branches, eq(branches.id, jobs.branchId))
      .innerJoin(apps, eq(apps.id, branches.appId));
  const jobOf = jobReader(sealing);
  const get = (id: number): Job | null => {
    const row = all().where(eq(jobs.id, id)).get();
    return row ? jobOf(row) : null;
  };
  return {
    add: (row) => {
      const input = sealing.sealInput(row.branchId, row.input);
      const waiting = { ...row, input, status: "waiting" } as const;
      const { id } = addRow(db, (tx) =>
        tx.insert(jobs).values(waiting).returning({ id: jobs.id }).get(),
      );
      return get(id)!;
    },
    get,
    update: (id, patch) => void db.update(jobs).set(patch).where(eq(jobs.id, id)).run(),
    setStatus: (id, status, { at, error }) => {
      const from = get(id)?.status;
      assert(from, `no job ${id}`);
      const allowed: readonly JobStatus[] = jobTransitions[from];
      assert(allowed.includes(status), `job ${id} cannot go from ${from} to ${status}`);
      const times = isEnded(status) ? { endedAt: at } : { startedAt: at };
      db.update(jobs)
        .set({ status, error, ...times })
        .where(eq(jobs.id, id))
        .run();
    },
    open: () =>
      all()
        .where(inArray(jobs.status, ["waiting", "running"]))
        .orderBy(asc(jobs.id))
        .all()
        .map(jobOf),
    list: (branchId, limit) =>
      all()
        .where(branchId === null ? undefined : eq(jobs.branchId, branchId))
        .orderBy(desc(jobs.id))
        .limit(limit)
        .all()
        .map(jobOf),
  };
}

type Row = {
  job: typeof jobs.$inferSelect;
  branch: { appName: string; name: string; isDefault: boolean };
};

function jobReader({ openInput }: Sealing): (row: Row) => Job {
  return ({ job, branch }) => ({
    ...job,
    input: openInput(job.branchId, job.input),
    target: targetOf(branch),
  });
}
