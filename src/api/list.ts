import { z } from "zod";
import { operation, type Operation, type OperationSpec } from "./operation.ts";

const limitMax = 1000;

type Paging = {
  limit: z.ZodDefault<z.ZodCoercedNumber<number | string>>;
  after: z.ZodOptional<z.ZodString>;
  fields: z.ZodOptional<z.ZodType<string[], string>>;
};
type Shape = Readonly<Record<string, z.ZodType>>;
type Query<Filters extends Shape> = z.ZodObject<Filters & Paging, z.core.$strict>;
type Page<Item extends z.ZodObject> = z.ZodObject<{
  items: z.ZodArray<Item>;
  next: z.ZodNullable<z.ZodString>;
}>;

/** An operation that answers with a page of a list. */
export type ListOperation<
  Params extends z.ZodType = z.ZodType,
  Item extends z.ZodObject = z.ZodObject,
  Filters extends Shape = Shape,
> = Operation<Params, Query<Filters>, z.ZodObject<{}, z.core.$strict>, Page<Item>, false> & {
  readonly item: Item;
};

type ListSpec<P extends z.ZodType, I extends z.ZodObject, F extends Shape> = Omit<
  OperationSpec<P, z.ZodType, z.ZodType, z.ZodType, false>,
  "method" | "query" | "body" | "result" | "stream"
> & {
  readonly item: I;
  /** What the list can be narrowed to, besides paging. */
  readonly filters?: F;
  /** How many come when nothing is said; 100. */
  readonly limit?: number;
};

/**
 * Declares a list. All lists are paged, narrowed and cut down in the same way: `limit` and `after`
 * (the `next` of the page before), filters by field with commas between alternatives, `fields`.
 */
export function list<
  I extends z.ZodObject,
  P extends z.ZodType = z.ZodObject<{}, z.core.$strict>,
  F extends Shape = {},
>({ item, filters, limit = 100, ...spec }: ListSpec<P, I, F>): ListOperation<P, I, F> {
  const query = z.strictObject({ ...filters, ...pagingOf(item, limit) });
  const result = z.object({
    items: z.array(item),
    next: z.string().nullable().describe("Give it as `after` for the next page; null on the last."),
  });
  const declared = operation({ ...spec, method: "GET", query, result });
  // The same shapes, which generics do not see through spread and strictObject.
  return { ...declared, item } as unknown as ListOperation<P, I, F>;
}

/** A filter that takes one value, or several with commas between them. */
export function oneOf<T extends string>(value: z.ZodType<T, string>) {
  return z
    .string()
    .max(2000)
    .transform((text) => text.split(",").map((it) => it.trim()))
    .pipe(z.array(value).min(1).max(50))
    .optional();
}

function pagingOf(item: z.ZodObject, limit: number): z.ZodRawShape {
  const names = Object.keys(item.shape);
  return {
    limit: z.coerce
      .number<number | string>()
      .int()
      .min(1)
      .max(limitMax)
      .default(limit)
      .describe(`How many at most; ${limit} by default, ${limitMax} at the most.`),
    after: z.string().max(300).optional().describe("The `next` of the page before."),
    fields: oneOf(z.enum(names as [string, ...string[]])).describe(
      `Only these of each item, with commas between them: ${names.join(", ")}.`,
    ),
  };
}
