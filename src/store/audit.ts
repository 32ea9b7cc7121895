import type { PeopleStore } from "#domain/people-store.ts";
import { audit } from "./access-schema.ts";
import type { Db } from "./database.ts";
import { and, asc, desc, eq, gte, inArray, lt, lte, max, or } from "./drizzle.ts";

export function auditRows(db: Db): PeopleStore["audit"] {
  return {
    add: (entry) =>
      db.transaction((tx) => void tx.insert(audit).values(entry).run(), { behavior: "immediate" }),
    list: ({ within, appId, actors, operations, outcomes, since, until, before, limit }) =>
      db
        .select()
        .from(audit)
        .where(
          and(
            within === null
              ? undefined
              : or(
                  inArray(audit.appId, [...within.apps]),
                  inArray(audit.teamId, [...within.teams]),
                ),
            appId === undefined ? undefined : eq(audit.appId, appId),
            actors && inArray(audit.actor, [...actors]),
            operations && inArray(audit.operation, [...operations]),
            outcomes && inArray(audit.outcome, [...outcomes]),
            since && gte(audit.at, since),
            until && lte(audit.at, until),
            before == null ? undefined : lt(audit.id, before),
          ),
        )
        .orderBy(desc(audit.id))
        .limit(limit)
        .all(),
    prune: ({ before, keep, limit }) => {
      const newest =
        db
          .select({ id: max(audit.id) })
          .from(audit)
          .get()?.id ?? 0;
      const old = db
        .select({ id: audit.id })
        .from(audit)
        .where(or(lt(audit.at, before), lte(audit.id, newest - keep)))
        .orderBy(asc(audit.id))
        .limit(limit);
      return db.delete(audit).where(inArray(audit.id, old)).run().changes;
    },
  };
}
