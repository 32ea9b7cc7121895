import assert from "node:assert/strict";
import { asc, eq } from "./drizzle.ts";
import type { Drain } from "#domain/drain.ts";
import type { Store } from "#domain/store.ts";
import { addSealedRow, type Db } from "./database.ts";
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
      const id = addSealedRow(
        db,
        (tx) => {
          const blank = { ...row, url: "" };
          return tx.insert(drains).values(blank).returning({ id: drains.id }).get();
        },
        (tx, rowId) => sealUrl(tx, vault, { id: rowId, url: row.url }),
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
  for (const row of tx.select().from(drains).all()) sealUrl(tx, vault, openDrain(vault, row));
}

function sealUrl(tx: Pick<Db, "update">, vault: Vault, { id, url }: Pick<Drain, "id" | "url">) {
  const sealed = vault.seal(url, placeOf(id));
  tx.update(drains).set({ url: sealed }).where(eq(drains.id, id)).run();
}

function openDrain(vault: Vault, row: Row): Drain {
  return { ...row, url: vault.open(row.url, placeOf(row.id)) };
}

function placeOf(id: number) {
  return { path: `drain/${id}/url`, name: `drain ${id}` };
}
