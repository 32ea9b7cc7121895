import { asc, desc, eq, inArray } from "./drizzle.ts";
import assert from "node:assert/strict";
import { targetOf } from "#domain/branch.ts";
import { isEnded, jobTransitions, type Job, type JobStatus } from "#domain/job.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { apps, branches, jobs } from "./schema.ts";

const branchColumns = { appName: apps.name, name: branches.name, isDefault: branches.isDefault };

export function jobRows(db: Db): Store["jobs"] {
  const all = () =>
    db
      .select({ job: jobs, branch: branchColumns })
      .from(jobs)
      .innerJoin(branches, eq(branches.id, jobs.branchId))
      .innerJoin(apps, eq(apps.id, branches.appId));
  const get = (id: number): Job | null => jobOf(all().where(eq(jobs.id, id)).get());
  return {
    add: (row) => {
      const waiting = { ...row, status: "waiting" } as const;
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
        .map((row) => jobOf(row)!),
    list: (branchId, limit) =>
      all()
        .where(branchId === null ? undefined : eq(jobs.branchId, branchId))
        .orderBy(desc(jobs.id))
        .limit(limit)
        .all()
        .map((row) => jobOf(row)!),
  };
}

type Row = {
  job: typeof jobs.$inferSelect;
  branch: { appName: string; name: string; isDefault: boolean };
};

function jobOf(row: Row | undefined): Job | null {
  return row ? { ...row.job, target: targetOf(row.branch) } : null;
}
