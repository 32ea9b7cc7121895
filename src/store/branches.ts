import { asc, desc, eq } from "./drizzle.ts";
import type { Branch } from "#domain/branch.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { apps, artifacts, branches, releases } from "./schema.ts";

const columns = {
  id: branches.id,
  appId: branches.appId,
  appName: apps.name,
  name: branches.name,
  isDefault: branches.isDefault,
  config: branches.config,
  mode: branches.mode,
  heldUntil: branches.heldUntil,
  currentReleaseId: branches.currentReleaseId,
  candidateReleaseId: branches.candidateReleaseId,
};

export function branchRows(db: Db): Store["branches"] {
  const all = () => db.select(columns).from(branches).innerJoin(apps, eq(apps.id, branches.appId));
  const get = (id: number): Branch | null => all().where(eq(branches.id, id)).get() ?? null;
  return {
    add: (row) => {
      const serving = { ...row, mode: "serving" } as const;
      const { id } = addRow(db, (tx) =>
        tx.insert(branches).values(serving).returning({ id: branches.id }).get(),
      );
      return get(id)!;
    },
    get,
    of: (appId) =>
      all()
        .where(eq(branches.appId, appId))
        .orderBy(desc(branches.isDefault), asc(branches.name))
        .all(),
    list: () => all().orderBy(asc(branches.id)).all(),
    update: (id, patch) => void db.update(branches).set(patch).where(eq(branches.id, id)).run(),
    remove: (id) =>
      db.transaction((tx) => {
        tx.delete(releases).where(eq(releases.branchId, id)).run();
        tx.delete(artifacts).where(eq(artifacts.branchId, id)).run();
        tx.delete(branches).where(eq(branches.id, id)).run();
      }),
  };
}
