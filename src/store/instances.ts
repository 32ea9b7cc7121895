import { asc, eq, isNotNull } from "./drizzle.ts";
import type { Instance } from "#domain/instance.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { instances } from "./schema.ts";

export function instanceRows(db: Db): Store["instances"] {
  const all = () => db.select().from(instances);
  return {
    add: (row): Instance => addRow(db, (tx) => tx.insert(instances).values(row).returning().get()),
    get: (id) => all().where(eq(instances.id, id)).get() ?? null,
    update: (id, patch) => void db.update(instances).set(patch).where(eq(instances.id, id)).run(),
    of: (branchId) =>
      all().where(eq(instances.branchId, branchId)).orderBy(asc(instances.id)).all(),
    list: () => all().orderBy(asc(instances.id)).all(),
    ports: () =>
      db
        .select({ port: instances.port })
        .from(instances)
        .where(isNotNull(instances.port))
        .all()
        .flatMap((row) => (row.port === null ? [] : [row.port])),
    remove: (id) => void db.delete(instances).where(eq(instances.id, id)).run(),
  };
}
