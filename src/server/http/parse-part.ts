import type { z } from "zod";
import { closest } from "#domain/closest.ts";
import { PlatformError, type FieldProblem } from "#domain/errors.ts";

/** Enough to mend a request by, and no flood for whoever sends one. */
const fieldsMax = 20;

/**
 * A part of a request as its schema has it.
 * @throws {PlatformError} `invalid_input` naming the first thing that is wrong, with all in `fields`.
 */
export function parsePart(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value ?? {}, { error: problemOf });
  if (result.success) return result.data;
  const fields = result.error.issues
    .slice(0, fieldsMax)
    .flatMap((it) => fieldProblemsOf(it, value));
  // A parse that fails has at least one issue.
  const first = fields[0] as FieldProblem;
  throw new PlatformError("invalid_input", { ...first }, { cause: result.error, fields });
}

function fieldProblemsOf(issue: z.core.$ZodIssue, sent: unknown): FieldProblem[] {
  const path = pathIn(sent, issue.path.map(String));
  if (issue.code === "unrecognized_keys") {
    const problem = "there is no such field here";
    const unknown = issue.keys.slice(0, fieldsMax);
    return unknown.map((key) => ({ field: [...path, key].join("."), problem }));
  }
  const own = issue.code === "invalid_key" ? issue.issues[0] : issue;
  return [{ field: path.join(".") || "The request", problem: own?.message ?? issue.message }];
}

/** As deep as what was sent goes: a schema may have split a text into several. */
function pathIn(sent: unknown, [first, ...rest]: readonly string[]): string[] {
  if (first === undefined || typeof sent !== "object" || sent === null) return [];
  return [first, ...pathIn((sent as Record<string, unknown>)[first], rest)];
}

/** What to write instead, where the schema does not say it in words of its own. */
function problemOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "it is missing" : `write ${kindOf(issue.expected)}`;
    case "too_small":
      return `write ${boundOf("at least", issue)}`;
    case "too_big":
      return `write ${boundOf("at most", issue)}`;
    case "invalid_value":
      return choiceOf(String(issue.input), issue.values.map(String));
    case "invalid_format":
      return `write ${formats.get(issue.format) ?? "it in its usual form"}`;
    default:
      return undefined;
  }
}

const kinds = new Map([
  ["number", "a number"],
  ["int", "a whole number"],
  ["string", "a text"],
  ["boolean", "true or false"],
  ["array", "a list"],
]);

const formats = new Map([
  ["email", "a mail address, such as ann@example.com"],
  ["datetime", "a moment as 2026-03-01T12:00:00Z"],
  ["url", "an address such as https://example.com/path"],
]);

function kindOf(expected: string): string {
  return kinds.get(expected) ?? "an object";
}

type Bounds = z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig;

function boundOf(bound: string, issue: z.core.$ZodRawIssue<Bounds>): string {
  const limit = issue.code === "too_small" ? issue.minimum : issue.maximum;
  if (issue.origin === "string") return `${bound} ${limit} character${limit === 1 ? "" : "s"}`;
  return issue.origin === "array" ? `${bound} ${limit} of them` : `${bound} ${limit}`;
}

function choiceOf(given: string, choices: readonly string[]): string {
  const meant = closest(given, choices);
  return meant === null ? `use one of ${choices.join(", ")}` : `perhaps ${meant} is meant`;
}
