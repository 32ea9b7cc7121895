import type { z } from "zod";
import type { ListOperation } from "#api/list.ts";
import type { Operation } from "#api/operation.ts";
import type { Reach } from "#domain/authorize.ts";
import type { Caller } from "#domain/caller.ts";
import type { Right } from "#domain/rights.ts";
import type { Engine } from "#engine/engine.ts";
import { namedBy, type Parts } from "./admit.ts";
import { audited } from "./audited.ts";
import { WrittenEvent } from "./event-stream.ts";
import type { Watched } from "./open-streams.ts";
import type { PageOf } from "./page.ts";
import { parsePart } from "./parse-part.ts";

/** A request as it came, and who sent it. */
export type RawCall = {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Cuts what goes on after the answer once whoever asked may not go on; until the answer is called. */
  readonly watch: (watched: Watched) => () => void;
};

/** A request that may be carried out, whose parts are what the operation declares. */
export type Call<O extends Operation> = Omit<RawCall, "params" | "query" | "body"> & {
  /** How events name the caller. */
  readonly actor: string;
  /** What was named, as it was found when the permission was checked. */
  readonly reach: Reach;
  /** Ids of the apps that a list may speak of; null for all. */
  readonly visible: ReadonlySet<number> | null;
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
  /** The answer as a JSON value, or the events of it. */
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
    run: async (raw, engine) => {
      const parts = parseParts(operation, raw);
      const work = async (): Promise<Answer<O>> =>
        answer(admit(operation, { parts, raw }, engine), engine);
      const call = { ...parts, caller: raw.caller };
      return written(operation, await audited(operation, call, { people: engine.people, work }));
    },
  };
}

/** Carries out a list: the page is cut down to the fields that were asked for. */
export function handleList<O extends ListOperation>(
  operation: O,
  answer: (call: Call<O>, engine: Engine) => Promise<Unwritten<PageOf<z.input<O["item"]>>>>,
): Handler {
  return {
    operation,
    run: async (raw, engine) => {
      const call = admit(operation, { parts: parseParts(operation, raw), raw }, engine);
      const page = written(operation, await answer(call, engine)) as PageOf<object>;
      // Every list has it; generics do not see through parse.
      const { fields } = call.query as { fields?: readonly string[] };
      return fields ? { ...page, items: page.items.map((item) => only(item, fields)) } : page;
    },
  };
}

/** Carries out an operation that answers with a stream of events, some of them written already. */
export function handleStream<O extends Operation>(
  operation: O,
  answer: (call: Call<O>, engine: Engine) => AsyncIterable<Answer<O> | WrittenEvent>,
): Handler {
  return {
    operation,
    async *run(raw, engine) {
      const parts = parseParts(operation, raw);
      for await (const event of answer(admit(operation, { parts, raw }, engine), engine)) {
        yield event instanceof WrittenEvent ? event : written(operation, event);
      }
    },
  };
}

/** @throws {PlatformError} `invalid_input` naming the first thing that is wrong. */
function parseParts(operation: Operation, raw: Parts): Parts {
  return {
    params: parsePart(operation.params, raw.params),
    query: parsePart(operation.query, raw.query),
    body: parsePart(operation.body, raw.body),
  };
}

/** Refuses a caller who may not do what a request asks for. @throws {PlatformError} */
export function refuseUnlessPermitted(
  operation: Operation,
  { caller, ...raw }: Parts & Pick<RawCall, "caller">,
  { people }: Engine,
): void {
  people.permit(caller, operation.needs, namedBy(operation, parseParts(operation, raw)));
}

/** @throws {PlatformError} `right_missing`, or as if what is named were not there. */
function admit<O extends Operation>(
  operation: O,
  { parts, raw: { caller, signal, watch } }: { readonly parts: Parts; readonly raw: RawCall },
  { people }: Engine,
): Call<O> {
  const [of, right] = operation.needs.split(":");
  const reach = people.permit(caller, operation.needs, namedBy(operation, parts));
  // A need of many apps ends in the right that counts; for anything else no list is cut down.
  const visible = people.appsWith(caller, of === "apps" ? (right as Right) : "read");
  // Each part is the output of the operation's own schema; generics do not see through parse.
  return { ...parts, caller, signal, watch, actor: caller.actor, reach, visible } as Call<O>;
}

function only(item: object, fields: readonly string[]): object {
  return Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name)));
}

/** An answer as its declaration has it, and nothing else. */
export function written(operation: Operation, answer: unknown): unknown {
  return operation.result.parse(jsonOf(answer));
}

/** What `JSON.stringify` would write, without the text in between. */
function jsonOf(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(jsonOf);
  if ("toJSON" in value && typeof value.toJSON === "function") return value.toJSON();
  // The entries' own arrays are used again, as this is done for all that leaves.
  const entries = Object.entries(value as Record<string, unknown>).filter(
    ([, it]) => it !== undefined,
  );
  for (const entry of entries) entry[1] = jsonOf(entry[1]);
  return Object.fromEntries(entries);
}
