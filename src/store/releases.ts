import { and, desc, eq, inArray, lt, max } from "./drizzle.ts";
import type { Artifact } from "#domain/artifact.ts";
import { withFormation } from "#domain/process-type.ts";
import type { Release } from "#domain/release.ts";
import type { Store } from "#domain/store.ts";
import type { Db } from "./database.ts";
import { artifacts, releases } from "./schema.ts";
import type { Sealing, StoredConfig } from "./sealing.ts";

const columns = {
  id: releases.id,
  branchId: releases.branchId,
  number: releases.number,
  artifactId: releases.artifactId,
  commit: artifacts.commit,
  config: releases.config,
  description: releases.description,
  actor: releases.actor,
  status: releases.status,
  createdAt: releases.createdAt,
  healthyAt: releases.healthyAt,
  built: { processTypes: artifacts.processTypes, releaseCommand: artifacts.releaseCommand },
};

export function releaseRows(db: Db, sealing: Sealing): Store["releases"] {
  const all = () =>
    db.select(columns).from(releases).innerJoin(artifacts, eq(artifacts.id, releases.artifactId));
  const releaseOf = (row: Row | undefined) =>
    row ? releaseFrom({ ...row, config: sealing.open(row.branchId, row.config) }) : null;
  const get = (id: number): Release | null => releaseOf(all().where(eq(releases.id, id)).get());
  return {
    add: (row) =>
      db.transaction((tx) => {
        const last = tx
          .select({ number: max(releases.number) })
          .from(releases)
          .where(eq(releases.branchId, row.branchId))
          .get();
        const number = (last?.number ?? 0) + 1;
        const config = sealing.seal(row.branchId, row.config);
        const added = tx
          .insert(releases)
          .values({ ...row, config, number, status: "pending" })
          .returning({ id: releases.id })
          .get();
        return get(added.id)!;
      }),
    get,
    many: (ids) =>
      inPieces(ids).flatMap((some) => {
        const rows = all().where(inArray(releases.id, some)).all();
        return rows.map((row) => releaseOf(row)!);
      }),
    of: (branchId) => {
      const rows = all().where(eq(releases.branchId, branchId)).orderBy(desc(releases.number));
      return rows.all().map((row) => releaseOf(row)!);
    },
    list: (branchId, { before, limit, statuses }) => {
      const isWanted = and(
        eq(releases.branchId, branchId),
        before == null ? undefined : lt(releases.number, before),
        statuses ? inArray(releases.status, [...statuses]) : undefined,
      );
      const rows = all().where(isWanted).orderBy(desc(releases.number)).limit(limit).all();
      return rows.map((row) => releaseOf(row)!);
    },
    numbered: (branchId, releaseNumber) => {
      const isIt = and(eq(releases.branchId, branchId), eq(releases.number, releaseNumber));
      return releaseOf(all().where(isIt).get());
    },
    update: (id, patch) => void db.update(releases).set(patch).where(eq(releases.id, id)).run(),
  };
}

/** A statement takes so many values at once. */
function inPieces(ids: readonly number[]): number[][] {
  const pieces = Array.from({ length: Math.ceil(ids.length / 1000) }, (_, at) => at * 1000);
  return pieces.map((from) => ids.slice(from, from + 1000));
}

type OpenRow = Omit<Release, "processTypes" | "releaseCommand"> & {
  readonly built: Pick<Artifact, "processTypes" | "releaseCommand">;
};
type Row = Omit<OpenRow, "config"> & { readonly config: StoredConfig };

function releaseFrom({ built, ...release }: OpenRow): Release {
  const { config } = release;
  const processTypes = withFormation(config.processTypes ?? built.processTypes, config.formation);
  return { ...release, processTypes, releaseCommand: built.releaseCommand };
}
