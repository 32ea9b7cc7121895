import assert from "node:assert/strict";
import { asc, count, eq, lte } from "./drizzle.ts";
import type { Notification } from "#domain/notification.ts";
import type { Store } from "#domain/store.ts";
import { addSealedRow, type Db } from "./database.ts";
import { deliveries, marks, notifications } from "./schema.ts";
import type { Vault } from "./vault.ts";

type Row = typeof notifications.$inferSelect;
type Tx = Pick<Db, "select" | "update">;

export function notificationRows(db: Db, vault: Vault): Store["notifications"] {
  const opened = (row: Row) => openNotification(vault, row);
  const get = (id: number): Notification | null => {
    const row = db.select().from(notifications).where(eq(notifications.id, id)).get();
    return row ? opened(row) : null;
  };
  return {
    add: (row) => {
      const id = addSealedRow(
        db,
        (tx) => {
          const blank = { ...row, address: "", signingSecret: null };
          return tx.insert(notifications).values(blank).returning({ id: notifications.id }).get();
        },
        (tx, rowId) => sealTexts(tx, vault, { ...row, id: rowId }),
      );
      const added = get(id);
      assert(added);
      return added;
    },
    get,
    update: (id, { address, ...patch }) => {
      const sealed = address && { address: vault.seal(address, placeOf(id, "address")) };
      void db
        .update(notifications)
        .set({ ...patch, ...sealed })
        .where(eq(notifications.id, id))
        .run();
    },
    list: () => db.select().from(notifications).orderBy(asc(notifications.id)).all().map(opened),
    remove: (id) => void db.delete(notifications).where(eq(notifications.id, id)).run(),
  };
}

/** Seals all of them with the key that is in use. */
export function sealNotifications(tx: Tx, vault: Vault): void {
  for (const row of tx.select().from(notifications).all()) {
    sealTexts(tx, vault, openNotification(vault, row));
  }
}

function openNotification(vault: Vault, row: Row): Notification {
  const { id, address, signingSecret } = row;
  return {
    ...row,
    address: vault.open(address, placeOf(id, "address")),
    signingSecret:
      signingSecret === null ? null : vault.open(signingSecret, placeOf(id, "signing-secret")),
  };
}

function sealTexts(
  tx: Pick<Db, "update">,
  vault: Vault,
  { id, address, signingSecret }: Pick<Notification, "id" | "address" | "signingSecret">,
): void {
  const sealed = {
    address: vault.seal(address, placeOf(id, "address")),
    signingSecret:
      signingSecret === null ? null : vault.seal(signingSecret, placeOf(id, "signing-secret")),
  };
  tx.update(notifications).set(sealed).where(eq(notifications.id, id)).run();
}

function placeOf(id: number, name: string) {
  return { path: `notification/${id}/${name}`, name: `notification ${id}` };
}

export function deliveryRows(db: Db): Store["deliveries"] {
  return {
    add: ({ event, ...row }) => {
      const stored = { ...event, at: event.at.toISOString() };
      db.insert(deliveries)
        .values({ ...row, event: stored })
        .run();
    },
    due: (at, limit) =>
      db
        .select()
        .from(deliveries)
        .where(lte(deliveries.nextAt, at))
        .orderBy(asc(deliveries.nextAt))
        .limit(limit)
        .all()
        .map((row) => ({ ...row, event: { ...row.event, at: new Date(row.event.at) } })),
    retry: (id, attempts, nextAt) =>
      void db.update(deliveries).set({ attempts, nextAt }).where(eq(deliveries.id, id)).run(),
    remove: (id) => void db.delete(deliveries).where(eq(deliveries.id, id)).run(),
    count: (notificationId) =>
      db
        .select({ count: count() })
        .from(deliveries)
        .where(eq(deliveries.notificationId, notificationId))
        .get()?.count ?? 0,
  };
}

export function markRows(db: Db): Store["marks"] {
  return {
    get: (name) => db.select().from(marks).where(eq(marks.name, name)).get()?.value ?? null,
    set: (name, value) => {
      if (value === null) db.delete(marks).where(eq(marks.name, name)).run();
      else {
        db.insert(marks)
          .values({ name, value })
          .onConflictDoUpdate({ target: marks.name, set: { value } })
          .run();
      }
    },
  };
}
