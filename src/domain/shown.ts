import { z } from "zod";
import type { Facts } from "./audit.ts";
import { limitEntries, renderLimit, type Limits } from "./limits.ts";

const hidden = "[hidden]";
const entriesMax = 100;
const lengthMax = 300;

/** A part of a schema, as JSON Schema has it. */
type Part = {
  readonly default?: unknown;
  readonly type?: unknown;
  readonly enum?: unknown;
  readonly const?: unknown;
  readonly pattern?: unknown;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly additionalProperties?: Part | boolean;
  readonly items?: Part | boolean;
  readonly anyOf?: readonly Part[];
  readonly oneOf?: readonly Part[];
  readonly allOf?: readonly Part[];
};
type Shown = Facts[string];

/**
 * A value by what its schema says may be shown of it, under the names of its parts: numbers, yes or
 * no, one word out of a list, and texts that have a form, as names do. Any other text may be a
 * secret or hold one, and so may whatever is added to a schema and has no form. What is so by default
 * need not have been given.
 */
export function shownFacts(schema: z.ZodType, value: unknown): Facts {
  const parts = [z.toJSONSchema(schema, { unrepresentable: "any", io: "output" }) as Part];
  return Object.fromEntries([...entriesOf("", parts, value)].slice(0, entriesMax));
}

function* entriesOf(
  name: string,
  parts: readonly Part[],
  value: unknown,
): Generator<readonly [string, Shown]> {
  const isUsual = parts.some((part) => part.default === value);
  if (value === undefined || isUsual) return;
  const all = parts.flatMap(alternativesOf);
  if (Array.isArray(value)) {
    const items = all.flatMap(({ items: it }) => (typeof it === "object" ? [it] : []));
    const texts = value.map((item) => [...entriesOf("", items, item)][0]?.[1] ?? hidden);
    yield [name, texts.includes(hidden) ? hidden : texts.join(", ").slice(0, lengthMax)];
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield* entriesOf(nameWithin(name, key), all.flatMap(partsAt(key)), inner);
    }
  } else yield named(name, leafOf(all, value));
}

/** `limits.memory`; what kind something is of, under its own name. */
function nameWithin(name: string, key: string): string {
  if (name === "") return key.slice(0, lengthMax);
  return key === "kind" ? name : `${name}.${key}`.slice(0, lengthMax);
}

function partsAt(key: string): (part: Part) => Part[] {
  return ({ properties = {}, additionalProperties: others }) => {
    const own = Object.hasOwn(properties, key) ? properties[key] : others;
    return typeof own === "object" ? [own] : [];
  };
}

function leafOf(all: readonly Part[], value: unknown): Shown {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  const texts = all.filter(({ type, enum: words }) => type === "string" || words !== undefined);
  const isShown = texts.length > 0 && texts.every(hasForm);
  return isShown && typeof value === "string" ? value.slice(0, lengthMax) : hidden;
}

function hasForm(part: Part): boolean {
  const isListed = part.enum !== undefined || part.const !== undefined;
  return isListed || part.pattern !== undefined || (part.allOf ?? []).some(hasForm);
}

/** All that a value may be by a schema. */
function alternativesOf(part: Part): Part[] {
  const inner = part.anyOf ?? part.oneOf;
  return inner ? inner.flatMap(alternativesOf) : [part];
}

// Fields of limits are told in the words that people write them in.
const words = new Map<string, string>(limitEntries.map(([word, key]) => [key, word]));

function named(name: string, value: Shown): readonly [string, Shown] {
  const key = name.slice(name.lastIndexOf(".") + 1);
  const word = key === name ? undefined : words.get(key);
  if (word === undefined) return [name, value];
  // The table's keys are those of the limits; one that is taken back has no value.
  const held = typeof value === "number" ? renderLimit(key as keyof Limits, value) : value;
  return [name.slice(0, -key.length) + word, held];
}
