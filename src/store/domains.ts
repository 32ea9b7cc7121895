import { asc, eq, sql } from "./drizzle.ts";
import type { Store } from "#domain/store.ts";
import type { Db } from "./database.ts";
import { domains } from "./schema.ts";

export function domainRows(db: Db): Store["domains"] {
  return {
    get: (name) => db.select().from(domains).where(eq(domains.name, name)).get() ?? null,
    list: () => db.select().from(domains).orderBy(asc(domains.name)).all(),
    of: (app) => {
      // Found by its text first, which takes a quarter of the time of reading each.
      const mayLead = sql`instr(${domains.config}, ${`"app":${JSON.stringify(app)}`}) > 0`;
      const found = db.select().from(domains).where(mayLead).orderBy(asc(domains.name)).all();
      return found.filter((it) => it.config.locations.some(({ upstream }) => upstream.app === app));
    },
    set: (domain) =>
      void db
        .insert(domains)
        .values(domain)
        .onConflictDoUpdate({
          target: domains.name,
          set: { config: domain.config, managedBy: domain.managedBy },
        })
        .run(),
    remove: (name) => void db.delete(domains).where(eq(domains.name, name)).run(),
  };
}
