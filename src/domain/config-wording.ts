import { z } from "zod";
import { closest } from "./closest.ts";
import { defaultOf, metaOf, unwrap } from "./config-schema.ts";

/** A mistake that a schema found, with what stands there and what should. */
export type Mistake = {
  readonly issue: z.core.$ZodIssue;
  readonly value: unknown;
  readonly schema: z.core.$ZodType | null;
  /** The schema of what holds the key. */
  readonly parent: z.core.$ZodType | null;
};

/** What is wrong, to be read after the key. */
export function problemOf({ issue, value, schema, parent }: Mistake): string {
  if (issue.code === "invalid_key") return "is no name that can be used here";
  if (isUnknownKind(issue)) {
    if (value === undefined) return "is missing";
    return `must be ${expectationOf(parent)}, not ${shown(value)}`;
  }
  if (issue.code === "too_small") return boundsOf("at least", issue.minimum, issue.origin);
  if (issue.code === "too_big") return boundsOf("at most", issue.maximum, issue.origin);
  if (issue.code === "custom") return issue.message;
  if (issue.code === "invalid_format") return `does not take ${shown(value)}`;
  if (value === undefined) return "is missing";
  if (issue.path.includes("env_secret")) return `must be ${expectationOf(schema)}`;
  return `must be ${expectationOf(schema)}, not ${shown(value)}`;
}

/** What to write instead, as a sentence. */
export function fixOf({ issue, value, schema, parent }: Mistake): string {
  const key = String(issue.path.at(-1) ?? "");
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? "choose another name";
  if (isUnknownKind(issue)) return kindFix(key, value, parent);
  if (issue.code === "invalid_format" && !issue.message.startsWith("Invalid")) return issue.message;
  return `write \`${writtenAs(key, exampleOf(schema, issue))}\``;
}

export function unknownKey(
  key: string,
  known: readonly string[],
): { problem: string; fix: string } {
  const meant = closest(key, known);
  return meant === null
    ? {
        problem: "is not a key that Berth knows",
        fix: `remove it; known here: ${known.join(", ")}`,
      }
    : { problem: `is not a key that Berth knows; is it ${meant}?`, fix: `write \`${meant}:\`` };
}

/** A value as it may stand in a sentence: short, on one line, without control characters. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  if (value === null || value === undefined) return "nothing";
  const text = typeof value === "string" && value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return JSON.stringify(text);
}

/** A key as it is written, in quotes when it is odd. */
export function shownKey(key: string): string {
  return /^[\x21-\x7e]{1,80}$/.test(key) ? key : shown(key);
}

/** The values that a schema takes, in words. */
export function expectationOf(schema: z.core.$ZodType | null): string {
  if (!schema) return "something else";
  const { expects } = metaOf(schema);
  if (expects) return expects;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodEnum) return `one of ${inner.options.join(", ")}`;
  if (inner instanceof z.ZodNumber) return inner.isInt ? "a whole number" : "a number";
  const words = new Map<string, string>([
    ["string", "text"],
    ["boolean", "true or false"],
    ["array", "a list"],
  ]);
  return words.get(inner._zod.def.type) ?? "a mapping";
}

function isUnknownKind(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_union" && "discriminator" in issue;
}

function kindFix(key: string, value: unknown, parent: z.core.$ZodType | null): string {
  const union = parent && unwrap(parent);
  const kinds =
    union instanceof z.ZodDiscriminatedUnion
      ? union.options.flatMap((option) =>
          [...(option._zod.propValues?.[key] ?? [])].map((kind) => String(kind)),
        )
      : [];
  const meant = closest(typeof value === "string" ? value : "", kinds) ?? kinds[0] ?? "";
  return `write \`${key}: ${meant}\``;
}

function boundsOf(bound: string, limit: number | bigint, origin: string): string {
  if (origin === "string")
    return limit === 1 ? "is empty" : `must have ${bound} ${limit} characters`;
  if (origin === "array" || origin === "record") return `must hold ${bound} ${limit}`;
  return `must be ${bound} ${limit}`;
}

function exampleOf(schema: z.core.$ZodType | null, issue: z.core.$ZodIssue): string {
  if (!schema) return "";
  const { example } = metaOf(schema);
  if (example !== undefined) return example;
  const limit = limitOf(issue);
  if (limit !== null) return limit;
  const value = defaultOf(schema);
  if (value !== undefined && value !== null) return JSON.stringify(value);
  const inner = unwrap(schema);
  if (inner instanceof z.ZodEnum) return String(inner.options[0]);
  const examples = new Map([
    ["number", "1"],
    ["boolean", "true"],
    ["string", "text"],
    ["array", "[]"],
  ]);
  return examples.get(inner._zod.def.type) ?? "";
}

function limitOf(issue: z.core.$ZodIssue): string | null {
  if (issue.code === "too_small" && issue.origin !== "string") return String(issue.minimum);
  if (issue.code === "too_big" && issue.origin !== "string") return String(issue.maximum);
  return null;
}

/** `cmd: npm start`; a list item has no key. */
function writtenAs(key: string, example: string): string {
  if (/^\d+$/.test(key)) return `- ${example}`;
  return example === "" ? `${shownKey(key)}:` : `${shownKey(key)}: ${example}`;
}
