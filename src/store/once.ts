import { and, eq, inArray, lt, sql } from "./drizzle.ts";
import type { OncePlace, Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { onceKeys } from "./schema.ts";

export function onceRows(db: Db): Store["once"] {
  const at = ({ caller, key }: OncePlace) =>
    and(eq(onceKeys.caller, caller), eq(onceKeys.key, key));
  return {
    get: (place) => {
      const row = db.select().from(onceKeys).where(at(place)).get();
      if (!row) return null;
      return { fingerprint: row.fingerprint, isDone: row.isDone, answer: row.answer };
    },
    add: (place, facts) =>
      void addRow(db, (tx) =>
        tx
          .insert(onceKeys)
          .values({ ...place, ...facts, isDone: false })
          .returning()
          .get(),
      ),
    finish: (place, answer) =>
      void db.update(onceKeys).set({ isDone: true, answer }).where(at(place)).run(),
    prune: ({ before, batch }) => {
      const past = db
        .select({ id: sql`rowid` })
        .from(onceKeys)
        .where(lt(onceKeys.createdAt, before));
      return db
        .delete(onceKeys)
        .where(inArray(sql`rowid`, past.limit(batch)))
        .run().changes;
    },
    remove: (place) => void db.delete(onceKeys).where(at(place)).run(),
  };
}
