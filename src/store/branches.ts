import { asc, desc, eq, inArray, isNull } from "./drizzle.ts";
import type { Branch, BranchOutline } from "#domain/branch.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import type { Sealing, StoredConfig } from "./sealing.ts";
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

const outline = {
  id: branches.id,
  appId: branches.appId,
  appName: apps.name,
  name: branches.name,
  isDefault: branches.isDefault,
  mode: branches.mode,
  currentReleaseId: branches.currentReleaseId,
};

export function branchRows(db: Db, { seal, open }: Sealing): Store["branches"] {
  const all = () => db.select(columns).from(branches).innerJoin(apps, eq(apps.id, branches.appId));
  const branchOf = (row: Row): Branch => ({ ...row, config: open(row.id, row.config) });
  const get = (id: number): Branch | null => {
    const row = all().where(eq(branches.id, id)).get();
    return row ? branchOf(row) : null;
  };
  return {
    add: (row) => {
      // What is sealed is bound to the row's id, which there is only afterwards.
      const serving = { ...row, config: { ...row.config, env: {} }, mode: "serving" } as const;
      return db.transaction((tx) => {
        const { id } = addRow(tx, (inner) =>
          inner.insert(branches).values(serving).returning({ id: branches.id }).get(),
        );
        tx.update(branches)
          .set({ config: seal(id, row.config) })
          .where(eq(branches.id, id))
          .run();
        return get(id)!;
      });
    },
    get,
    of: (appId) =>
      all()
        .where(eq(branches.appId, appId))
        .orderBy(desc(branches.isDefault), asc(branches.name))
        .all()
        .map(branchOf),
    ofApps: (appIds) =>
      all()
        .where(inArray(branches.appId, [...appIds]))
        .orderBy(asc(branches.appId), desc(branches.isDefault), asc(branches.name))
        .all()
        .map(branchOf),
    outlines: () => outlines(db),
    list: () => all().orderBy(asc(branches.id)).all().map(branchOf),
    update: (id, { config, ...patch }) => {
      const sealed = config ? { config: seal(id, config) } : {};
      db.update(branches)
        .set({ ...patch, ...sealed })
        .where(eq(branches.id, id))
        .run();
    },
    remove: (id) => remove(db, id),
  };
}

function remove(db: Db, id: number): void {
  db.transaction((tx) => {
    tx.delete(releases).where(eq(releases.branchId, id)).run();
    tx.delete(artifacts).where(eq(artifacts.branchId, id)).run();
    tx.delete(branches).where(eq(branches.id, id)).run();
  });
}

function outlines(db: Db): BranchOutline[] {
  const all = db.select(outline).from(branches).innerJoin(apps, eq(apps.id, branches.appId));
  return all.where(isNull(apps.destroyingAt)).orderBy(asc(branches.id)).all();
}

type Row = Omit<Branch, "config"> & { readonly config: StoredConfig };
