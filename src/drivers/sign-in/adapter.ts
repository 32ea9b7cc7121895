import { createAdapterFactory, type CleanedWhere } from "better-auth/adapters";
import type { SignInCondition, SignInModel, SignInRow, SignInRows } from "#domain/sign-in.ts";

/** Our rows as the library wants to see a database. */
export function adapterOf(rows: SignInRows) {
  return createAdapterFactory({
    config: {
      adapterId: "berth",
      adapterName: "Berth",
      supportsNumericIds: false,
      supportsDates: true,
      supportsBooleans: true,
      transaction: false,
    },
    // The library is generic in what a row is; what it stored is what it gets.
    adapter: () => ({
      create: async <T extends SignInRow>({ model, data }: { model: string; data: T }) =>
        rows.add(modelOf(model), data) as T,
      findOne: async <T>({ model, where }: Target) =>
        (rows.find(modelOf(model), conditionsOf(where), { limit: 1 })[0] ?? null) as T | null,
      findMany: async <T>({ model, where, limit, offset, sortBy }: ManyTarget) =>
        rows.find(modelOf(model), conditionsOf(where ?? []), {
          limit,
          ...(offset === undefined ? {} : { offset }),
          ...(sortBy?.direction === "desc" ? { newestFirst: sortBy.field } : {}),
        }) as T[],
      update: async <T>({ model, where, update }: Target & { update: T }) =>
        (rows.change(modelOf(model), conditionsOf(where), update as SignInRow)[0] ??
          null) as T | null,
      updateMany: async ({ model, where, update }: Target & { update: SignInRow }) =>
        rows.change(modelOf(model), conditionsOf(where), update).length,
      delete: async ({ model, where }: Target) =>
        void rows.remove(modelOf(model), conditionsOf(where)),
      deleteMany: async ({ model, where }: Target) =>
        rows.remove(modelOf(model), conditionsOf(where)).length,
      consumeOne: async <T>({ model, where }: Target) =>
        (rows.remove(modelOf(model), conditionsOf(where), 1)[0] ?? null) as T | null,
      incrementOne: async <T>({ model, where, increment, set }: IncrementTarget) =>
        rows.increment(modelOf(model), conditionsOf(where), {
          increment,
          set: set ?? {},
        }) as T | null,
      count: async ({ model, where }: { model: string; where?: CleanedWhere[] | undefined }) =>
        rows.find(modelOf(model), conditionsOf(where ?? [])).length,
    }),
  });
}

type Target = { model: string; where: CleanedWhere[] };
type ManyTarget = {
  model: string;
  where?: CleanedWhere[] | undefined;
  limit: number;
  offset?: number | undefined;
  sortBy?: { field: string; direction: "asc" | "desc" } | undefined;
};
type IncrementTarget = Target & {
  increment: Record<string, number>;
  set?: Record<string, unknown> | undefined;
};

const models = ["user", "session", "account", "verification", "twoFactor", "passkey"] as const;

function modelOf(name: string): SignInModel {
  const model = models.find((it) => it === name);
  if (!model) throw new Error(`there are no rows for ${name}`);
  return model;
}

const known = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in"] as const;

function conditionsOf(where: readonly CleanedWhere[]): SignInCondition[] {
  return where.map(({ field, operator, value, connector }) => {
    const is = known.find((it) => it === operator);
    if (!is) throw new Error(`rows are not found by ${operator}`);
    return { field, is, value, any: connector === "OR" };
  });
}
