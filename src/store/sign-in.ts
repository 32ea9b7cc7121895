import type { SignInCondition, SignInModel, SignInRow, SignInRows } from "#domain/sign-in.ts";
import type { Db } from "./database.ts";
import {
  and,
  asc,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNull,
  lt,
  lte,
  ne,
  notInArray,
  or,
  sql,
  type Column,
  type SQL,
} from "./drizzle.ts";
import { accounts, passkeys, sessions, twoFactors, users, verifications } from "./people-schema.ts";

/** One of the tables, of which only the columns that all have in common are known by type. */
type Table = typeof verifications;

const tables = {
  user: users,
  session: sessions,
  account: accounts,
  verification: verifications,
  twoFactor: twoFactors,
  passkey: passkeys,
} as unknown as Record<SignInModel, Table>;

/**
 * Rows for the library that signs people in, which names columns at run time: each name is looked
 * up in the schema, and one that is not there is an error.
 */
export function signInRows(db: Db): SignInRows {
  return {
    add: (model, row) =>
      db.transaction((tx) =>
        tx
          .insert(tables[model])
          .values(row as Table["$inferInsert"])
          .returning()
          .get(),
      ),
    find: (model, where, { limit = 1000, offset = 0, newestFirst } = {}) =>
      db
        .select()
        .from(tables[model])
        .where(conditionOf(model, where))
        .orderBy(
          newestFirst === undefined ? asc(tables[model].id) : desc(columnOf(model, newestFirst)),
        )
        .limit(limit)
        .offset(offset)
        .all(),
    change: (model, where, patch) =>
      db.transaction((tx) =>
        tx.update(tables[model]).set(patch).where(conditionOf(model, where)).returning().all(),
      ),
    increment: (model, where, by) => increment(db, { model, where, ...by }),
    remove: (model, where, limit) => {
      const which = limit === undefined ? conditionOf(model, where) : null;
      return db.transaction((tx) =>
        tx
          .delete(tables[model])
          .where(which ?? inArray(tables[model].id, first(tx, model, where)))
          .returning()
          .all(),
      );
    },
  };
}

type Increment = Parameters<SignInRows["increment"]>[2] & {
  readonly model: SignInModel;
  readonly where: readonly SignInCondition[];
};

function increment(db: Db, { model, where, increment: by, set }: Increment): SignInRow | null {
  const sums = Object.entries(by).map(([field, number]) => [
    field,
    sql`coalesce(${columnOf(model, field)}, 0) + ${number}`,
  ]);
  const patch: SignInRow = { ...set, ...Object.fromEntries(sums) };
  return db.transaction((tx) => {
    const one = inArray(tables[model].id, first(tx, model, where));
    const [changed] = tx.update(tables[model]).set(patch).where(one).returning().all();
    return changed ?? null;
  });
}

function first(db: Pick<Db, "select">, model: SignInModel, where: readonly SignInCondition[]) {
  const table = tables[model];
  return db.select({ id: table.id }).from(table).where(conditionOf(model, where)).limit(1);
}

/** No condition at all would mean every row, which nothing here ever means. */
function conditionOf(model: SignInModel, where: readonly SignInCondition[]): SQL | undefined {
  const all = where.filter(({ any }) => !any).map((it) => holds(model, it));
  const some = where.filter(({ any }) => any).map((it) => holds(model, it));
  return and(...all, some.length > 0 ? or(...some) : undefined) ?? sql`false`;
}

function holds(model: SignInModel, { field, is, value }: SignInCondition): SQL {
  const column = columnOf(model, field);
  if (is === "in") return inArray(column, value as unknown[]);
  if (is === "not_in") return notInArray(column, value as unknown[]);
  if (value === null && is === "eq") return isNull(column);
  return { eq, ne, lt, lte, gt, gte }[is](column, value);
}

function columnOf(model: SignInModel, field: string): Column {
  const table = tables[model] as unknown as Record<string, unknown>;
  if (!Object.hasOwn(table, field)) throw new Error(`${model} has no column ${field}`);
  // A table's own properties that are named like its columns are these.
  return table[field] as Column;
}
