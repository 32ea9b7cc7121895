import { and, asc, eq, inArray, isNotNull, isNull } from "./drizzle.ts";
import type { Instance } from "#domain/instance.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { instances } from "./schema.ts";
import type { Sealing } from "./sealing.ts";

const place = {
  id: instances.id,
  branchId: instances.branchId,
  processType: instances.processType,
  index: instances.index,
  port: instances.port,
  createdAt: instances.createdAt,
};

const standing = {
  id: instances.id,
  branchId: instances.branchId,
  healthyAt: instances.healthyAt,
};

export function instanceRows(db: Db, { seal, open }: Sealing): Store["instances"] {
  const all = () => db.select().from(instances);
  const instanceOf = (row: typeof instances.$inferSelect): Instance => ({
    ...row,
    spec: open(row.branchId, row.spec),
  });
  return {
    add: (row) => {
      const sealed = { ...row, spec: seal(row.branchId, row.spec) };
      return instanceOf(addRow(db, (tx) => tx.insert(instances).values(sealed).returning().get()));
    },
    get: (id) => {
      const row = all().where(eq(instances.id, id)).get();
      return row ? instanceOf(row) : null;
    },
    update: (id, { spec, ...patch }) => {
      const row = spec ? all().where(eq(instances.id, id)).get() : undefined;
      const sealed = row && spec ? { spec: seal(row.branchId, spec) } : {};
      db.update(instances)
        .set({ ...patch, ...sealed })
        .where(eq(instances.id, id))
        .run();
    },
    of: (branchId) =>
      all()
        .where(eq(instances.branchId, branchId))
        .orderBy(asc(instances.id))
        .all()
        .map(instanceOf),
    list: () => all().orderBy(asc(instances.id)).all().map(instanceOf),
    standing: (branchIds) =>
      db
        .select(standing)
        .from(instances)
        .where(and(inArray(instances.branchId, [...branchIds]), isNull(instances.drainingAt)))
        .all(),
    places: () => db.select(place).from(instances).all(),
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
