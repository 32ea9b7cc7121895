import assert from "node:assert/strict";
import { asc, eq } from "./drizzle.ts";
import type { Drain } from "#domain/drain.ts";
import type { Store } from "#domain/store.ts";
import type { Db } from "./database.ts";
import { drains } from "./schema.ts";
import type { Vault } from "./vault.ts";

type Row = typeof drains.$inferSelect;

export function drainRows(db: Db, vault: Vault): Store["drains"] {
  const opened = (row: Row) => openDrain(vault, row);
  const get = (id: number): Drain | null => {
    const row = db.select().from(drains).where(eq(drains.id, id)).get();
    return row ? opened(row) : null;
  };
  return {
    add: (row) => {
      // What is sealed is bound to the row's number, which is known only when the row is there.
      const id = db.transaction(
        (tx) => {
          const added = tx
            .insert(drains)
            .values({ ...row, url: "" })
            .returning({ id: drains.id })
            .get();
          const url = vault.seal(row.url, placeOf(added.id));
          tx.update(drains).set({ url }).where(eq(drains.id, added.id)).run();
          return added.id;
        },
        { behavior: "immediate" },
      );
      const added = get(id);
      assert(added);
      return added;
    },
    get,
    update: (id, patch) => void db.update(drains).set(patch).where(eq(drains.id, id)).run(),
    list: () => db.select().from(drains).orderBy(asc(drains.id)).all().map(opened),
    remove: (id) => void db.delete(drains).where(eq(drains.id, id)).run(),
  };
}

/** Seals all of them with the key that is in use. */
export function sealDrains(tx: Pick<Db, "select" | "update">, vault: Vault): void {
  for (const row of tx.select().from(drains).all()) {
    const url = vault.seal(openDrain(vault, row).url, placeOf(row.id));
    tx.update(drains).set({ url }).where(eq(drains.id, row.id)).run();
  }
}

function openDrain(vault: Vault, row: Row): Drain {
  return { ...row, url: vault.open(row.url, placeOf(row.id)) };
}

function placeOf(id: number) {
  return { path: `drain/${id}/url`, name: `drain ${id}` };
}
