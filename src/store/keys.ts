import { asc, eq } from "./drizzle.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { keys } from "./schema.ts";

export function keyRows(db: Db): Store["keys"] {
  return {
    get: (id) => db.select().from(keys).where(eq(keys.id, id)).get() ?? null,
    list: () => db.select().from(keys).orderBy(asc(keys.name)).all(),
    add: (key) => addRow(db, (tx) => tx.insert(keys).values(key).returning().get()),
    remove: (id) => void db.delete(keys).where(eq(keys.id, id)).run(),
  };
}
