import { and, desc, eq, lt } from "./drizzle.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { events } from "./schema.ts";

export function eventRows(db: Db): Store["events"] {
  return {
    add: (event) => addRow(db, (tx) => tx.insert(events).values(event).returning().get()),
    list: ({ target, before, limit }) =>
      db
        .select()
        .from(events)
        .where(
          and(
            target === null ? undefined : eq(events.target, target),
            before === null ? undefined : lt(events.id, before),
          ),
        )
        .orderBy(desc(events.id))
        .limit(limit)
        .all(),
  };
}
