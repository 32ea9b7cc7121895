import { desc, eq, inArray } from "./drizzle.ts";
import type { Artifact } from "#domain/artifact.ts";
import type { Store } from "#domain/store.ts";
import { addRow, type Db } from "./database.ts";
import { artifacts } from "./schema.ts";

export function artifactRows(db: Db): Store["artifacts"] {
  return {
    add: (row): Artifact =>
      addRow(db, (tx) => {
        const partial = { ...row, processTypes: {}, status: "partial" } as const;
        return tx.insert(artifacts).values(partial).returning().get();
      }),
    get: (id) => db.select().from(artifacts).where(eq(artifacts.id, id)).get() ?? null,
    update: (id, patch) => void db.update(artifacts).set(patch).where(eq(artifacts.id, id)).run(),
    of: (branchId) =>
      db
        .select()
        .from(artifacts)
        .where(eq(artifacts.branchId, branchId))
        .orderBy(desc(artifacts.id))
        .all(),
    ids: () =>
      db
        .select({ id: artifacts.id })
        .from(artifacts)
        .where(inArray(artifacts.status, ["partial", "ready"]))
        .all()
        .map((row) => row.id),
  };
}
