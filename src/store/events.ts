import { and, asc, desc, eq, gt, gte, inArray, lt, lte } from "./drizzle.ts";
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
