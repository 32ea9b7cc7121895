import { and, asc, eq, gt, inArray, isNotNull, isNull } from "./drizzle.ts";
import { nextUserNumber, userNumberMax } from "#domain/app-user.ts";
import { PlatformError } from "#domain/errors.ts";
import type { App } from "#domain/app.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { apps, artifacts, branches, releases } from "./schema.ts";

const columns = {
  id: apps.id,
  name: apps.name,
  teamId: apps.teamId,
  managedBy: apps.managedBy,
  userNumber: apps.userNumber,
  network: apps.network,
  createdAt: apps.createdAt,
};

export function appRows(db: Db): Store["apps"] {
  const all = () => db.select(columns).from(apps);
  return {
    add: (row) => {
      const taken = db.select({ number: apps.userNumber }).from(apps).all();
      const userNumber = nextUserNumber(taken.map(({ number }) => number));
      if (userNumber === null) throw new PlatformError("users_used_up", { count: userNumberMax });
      const values = { ...row, userNumber };
      return addRow(db, (tx) => tx.insert(apps).values(values).returning(columns).get());
    },
    get: (id): App | null => all().where(eq(apps.id, id)).get() ?? null,
    named: (name) =>
      all()
        .where(and(eq(apps.name, name), isNull(apps.destroyingAt)))
        .get() ?? null,
    list: (page) => {
      const after = page?.after ?? null;
      const isListed = and(
        isNull(apps.destroyingAt),
        after === null ? undefined : gt(apps.name, after),
      );
      const sorted = all().where(isListed).orderBy(asc(apps.name));
      return page ? sorted.limit(page.limit).all() : sorted.all();
    },
    update: (id, patch) => void db.update(apps).set(patch).where(eq(apps.id, id)).run(),
    markDestroying: (id, at) =>
      void db.update(apps).set({ destroyingAt: at }).where(eq(apps.id, id)).run(),
    destroying: () => all().where(isNotNull(apps.destroyingAt)).all(),
    remove: (id) =>
      db.transaction((tx) => {
        const mine = tx.select({ id: branches.id }).from(branches).where(eq(branches.appId, id));
        tx.delete(releases).where(inArray(releases.branchId, mine)).run();
        tx.delete(artifacts).where(inArray(artifacts.branchId, mine)).run();
        tx.delete(apps).where(eq(apps.id, id)).run();
      }),
  };
}
