import { z } from "zod";
import type { Need } from "#domain/authorize.ts";
import type { ErrorCode } from "#domain/errors.ts";

/** Where an operation is found, which is all that a client has to know of it at run time. */
export type Route = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`, with `:name` for parameters. */
  readonly path: string;
  /** The answer is a stream of events, each a value, as they come. */
  readonly stream?: boolean;
};

/** Something that Berth does for whoever may ask: declared once, reached through every door. */
export type Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Stream extends boolean = boolean,
> = {
  /** `apps.create`: a noun and a verb. Public: add, never rename. */
  readonly id: string;
  readonly method: Route["method"];
  readonly path: string;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The answer; for a stream, one event of it. */
  readonly result: Result;
  readonly stream: Stream;
  readonly errors: readonly ErrorCode[];
  /** What someone must be allowed to do before it is carried out for them. */
  readonly needs: Need;
  /** Its answer holds what is never to be seen again, so that it is not kept for a repeated request. */
  readonly shownOnce: boolean;
  /** Offered on the unix socket only: its answer is of use to programs in Berth's account alone. */
  readonly localOnly: boolean;
};

const nothing = z.strictObject({});
export type Nothing = typeof nothing;

export type OperationSpec<P, Q, B, R, S> = Omit<Route, "stream"> & {
  readonly id: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly result: R;
  readonly stream?: S;
  readonly errors: readonly ErrorCode[];
  readonly needs: Need;
  readonly shownOnce?: true;
  readonly localOnly?: true;
};

/** Declares an operation. Parts of the input that are left out must be empty. */
export function operation<
  R extends z.ZodType,
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
  S extends boolean = false,
>(spec: OperationSpec<P, Q, B, R, S>): Operation<P, Q, B, R, S> {
  // A part's type is Nothing exactly when the part is left out, and so is its default here.
  return {
    ...spec,
    params: spec.params ?? (nothing as unknown as P),
    query: spec.query ?? (nothing as unknown as Q),
    body: spec.body ?? (nothing as unknown as B),
    stream: spec.stream ?? (false as S),
    shownOnce: spec.shownOnce ?? false,
    localOnly: spec.localOnly ?? false,
  };
}

// eslint-disable-next-line no-empty-object-type -- asks whether every property may be left out
type Part<Key extends string, Value> = {} extends Value
  ? { readonly [key in Key]?: Value }
  : { readonly [key in Key]: Value };

/** What a caller gives: `params`, `query` and `body`, each only where the operation takes it. */
export type InputOf<O extends Operation> = Part<"params", z.input<O["params"]>> &
  Part<"query", z.input<O["query"]>> &
  Part<"body", z.input<O["body"]>>;

/** What a caller gets; for a stream, one event of it. */
export type ResultOf<O extends Operation> = z.output<O["result"]>;
