import type { z } from "zod";
import type { Operation } from "#api/operation.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Engine } from "#engine/engine.ts";

/** A request as it came, and who sent it. */
export type RawCall = {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly actor: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
};

/** A request whose parts are what the operation declares. */
export type Call<O extends Operation> = Pick<RawCall, "actor" | "signal"> & {
  readonly params: z.output<O["params"]>;
  readonly query: z.output<O["query"]>;
  readonly body: z.output<O["body"]>;
};

/** What may stand for a JSON value until it is written: a moment may still be a `Date`. */
export type Unwritten<T> = T extends string
  ? T | Date
  : T extends object
    ? { readonly [key in keyof T]: Unwritten<T[key]> }
    : T;

type Answer<O extends Operation> = Unwritten<z.input<O["result"]>>;

export type Handler = {
  readonly operation: Operation;
  /** The answer as a JSON value, or the lines of it. */
  readonly run: (raw: RawCall, engine: Engine) => Promise<unknown> | AsyncIterable<unknown>;
};

/**
 * Carries out an operation: the request is checked against the declaration, and the answer is cut
 * down to it, so that nothing leaves that is not declared.
 */
export function handle<O extends Operation>(
  operation: O,
  answer: (call: Call<O>, engine: Engine) => Promise<Answer<O>>,
): Handler {
  return {
    operation,
    run: async (raw, engine) => written(operation, await answer(parseCall(operation, raw), engine)),
  };
}

/** Carries out an operation that answers with a stream of lines. */
export function handleStream<O extends Operation>(
  operation: O,
  answer: (call: Call<O>, engine: Engine) => AsyncIterable<Answer<O>>,
): Handler {
  return {
    operation,
    async *run(raw, engine) {
      for await (const line of answer(parseCall(operation, raw), engine)) {
        yield written(operation, line);
      }
    },
  };
}

/** @throws {PlatformError} `invalid_input` naming the first thing that is wrong. */
function parseCall<O extends Operation>(operation: O, raw: RawCall): Call<O> {
  return {
    params: parsePart(operation.params, raw.params),
    query: parsePart(operation.query, raw.query),
    body: parsePart(operation.body, raw.body),
    actor: raw.actor,
    signal: raw.signal,
    // Each part is the output of the operation's own schema; generics do not see through parse.
  } as Call<O>;
}

function parsePart(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  // A parse that fails has at least one issue.
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  throw new PlatformError("invalid_input", wordsOf(issue), { cause: result.error });
}

function wordsOf(issue: z.core.$ZodIssue): { field: string; problem: string } {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return { field: [...path, issue.keys[0]].join("."), problem: "there is no such field here" };
  }
  const own = issue.code === "invalid_key" ? issue.issues[0] : issue;
  return { field: path.join(".") || "The request", problem: own?.message ?? issue.message };
}

function written(operation: Operation, answer: unknown): unknown {
  return operation.result.parse(JSON.parse(JSON.stringify(answer)));
}
