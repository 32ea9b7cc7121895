import { and, asc, desc, eq, gt, gte, inArray, lt, lte, max } from "./drizzle.ts";
import type { EventQuery, Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { events } from "./schema.ts";

export function eventRows(db: Db): Store["events"] {
  return {
    add: (event) => addRow(db, (tx) => tx.insert(events).values(event).returning().get()),
    after: (after, limit) =>
      db
        .select()
        .from(events)
        .where(gt(events.id, after))
        .orderBy(asc(events.id))
        .limit(limit)
        .all(),
    list: (query) =>
      db
        .select()
        .from(events)
        .where(conditionOf(query))
        .orderBy(desc(events.id))
        .limit(query.limit)
        .all(),
    prune: ({ before, keep, batch }) => {
      const newest =
        db
          .select({ id: max(events.id) })
          .from(events)
          .get()?.id ?? 0;
      // One index each: both conditions at once would look at every row.
      const tooMany = oldest(db, lte(events.id, newest - keep)).orderBy(asc(events.id));
      const tooOld = oldest(db, lt(events.at, before)).orderBy(asc(events.at));
      const removed = [tooMany, tooOld].map(
        (doomed) =>
          db
            .delete(events)
            .where(inArray(events.id, doomed.limit(batch)))
            .run().changes,
      );
      return Math.max(...removed);
    },
  };
}

function conditionOf({ appIds, target, types, actors, after, before, since, until }: EventQuery) {
  return and(
    appIds ? inArray(events.appId, [...appIds]) : undefined,
    target == null ? undefined : eq(events.target, target),
    types ? inArray(events.type, [...types]) : undefined,
    actors ? inArray(events.actor, [...actors]) : undefined,
    after == null ? undefined : gt(events.id, after),
    before == null ? undefined : lt(events.id, before),
    since ? gte(events.at, since) : undefined,
    until ? lte(events.at, until) : undefined,
  );
}

function oldest(db: Db, isPast: ReturnType<typeof lt>) {
  return db.select({ id: events.id }).from(events).where(isPast);
}
