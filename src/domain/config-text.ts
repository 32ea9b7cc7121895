import type { z } from "zod";
import { knownKeys, metaOf, schemaAt, valueAt } from "./config-schema.ts";
import type { ConfigProblem } from "./host-config.ts";
import { fixOf, problemOf, shownKey, unknownKey } from "./config-wording.ts";

export type ConfigPath = readonly PropertyKey[];

/** A configuration file as plain values that know where they stand. */
export type ConfigText = {
  /** Relative to the configuration directory. */
  readonly file: string;
  readonly value: unknown;
  readonly at: (path: ConfigPath) => ConfigPlace | undefined;
};

export type ConfigPlace = {
  readonly line: number;
  readonly contentLine: number;
  readonly source: string;
};

/** The value is null when the file cannot take effect; then a problem of severity error says why. */
export type Parsed<T> = { readonly value: T | null; readonly problems: readonly ConfigProblem[] };

type Words = { readonly problem: string; readonly fix: string };

/** Checks a file against its schema; every mistake is a problem with its line and its fix. */
export function checkConfig<T extends z.ZodType>(
  schema: T,
  text: ConfigText,
): { data: z.output<T> | null; problems: ConfigProblem[] } {
  if (text.value === null || text.value === undefined) {
    return { data: null, problems: [emptyProblem(schema, text)] };
  }
  const retired = retiredProblems(schema, text, []);
  const result = schema.safeParse(text.value);
  if (result.success) return { data: result.data, problems: retired };
  const errors = result.error.issues.flatMap((issue) => problemsOf(schema, text, issue));
  return { data: null, problems: [...errors, ...retired].toSorted((a, b) => a.line - b.line) };
}

export function errorAt(text: ConfigText, path: ConfigPath, words: Words): ConfigProblem {
  return problemAt("error", text, path, words);
}

export function warningAt(text: ConfigText, path: ConfigPath, words: Words): ConfigProblem {
  return problemAt("warning", text, path, words);
}

export function isBroken(problems: readonly ConfigProblem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** `branches.master.runners.node.cmd` */
export function keyOf(path: ConfigPath): string {
  return path.map((segment) => shownKey(String(segment))).join(".");
}

function problemAt(
  severity: ConfigProblem["severity"],
  text: ConfigText,
  path: ConfigPath,
  words: Words,
): ConfigProblem {
  return { severity, file: text.file, line: lineOf(text, path), key: keyOf(path), ...words };
}

/** The line of a key, or of the nearest one above that is there. */
function lineOf(text: ConfigText, path: ConfigPath): number {
  return text.at(path)?.line ?? (path.length === 0 ? 1 : lineOf(text, path.slice(0, -1)));
}

function emptyProblem(schema: z.ZodType, text: ConfigText): ConfigProblem {
  const [first = ""] = knownKeys(schema, {});
  return errorAt(text, [], {
    problem: "the file says nothing",
    fix: `write at least \`${first}:\`, or remove the file`,
  });
}

function problemsOf(schema: z.ZodType, text: ConfigText, issue: z.core.$ZodIssue): ConfigProblem[] {
  const value = valueAt(text.value, issue.path);
  if (issue.code === "unrecognized_keys") {
    const container = schemaAt(schema, text.value, issue.path) ?? schema;
    const known = knownKeys(container, value);
    return issue.keys.map((key) => errorAt(text, [...issue.path, key], unknownKey(key, known)));
  }
  const found = schemaAt(schema, text.value, issue.path);
  const parent = schemaAt(schema, text.value, issue.path.slice(0, -1));
  const about = { issue, value, schema: found, parent };
  return [errorAt(text, issue.path, { problem: problemOf(about), fix: fixOf(about) })];
}

/** A warning for each key that is accepted without being used. */
function retiredProblems(schema: z.ZodType, text: ConfigText, path: ConfigPath): ConfigProblem[] {
  const value = valueAt(text.value, path);
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const here = [...path, key];
    const child = schemaAt(schema, text.value, here);
    if (!child) return [];
    const { retired } = metaOf(child);
    if (!retired) return retiredProblems(schema, text, here);
    return [
      warningAt(text, here, { problem: "is not used by Berth", fix: `remove it: ${retired}` }),
    ];
  });
}
