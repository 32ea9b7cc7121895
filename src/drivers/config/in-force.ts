import type { ConfigText, Parsed } from "#domain/config-text.ts";
import type { ConfigProblem } from "#domain/host-config.ts";
import { parseYaml, YamlError } from "#lib/yaml.ts";
import type { FoundFile } from "./read-files.ts";

/** Keeps each file's newest valid text, so that it stays in force across mistakes and restarts. */
export type LastGood = {
  readonly get: (file: string) => string | null;
  /** Null forgets the file. */
  readonly set: (file: string, text: string | null) => void;
};

export type FilesInForce = {
  /** What a file says; while it is broken, what it said last together with what is wrong now. */
  readonly parse: <T>(file: FoundFile, parser: (text: ConfigText) => Parsed<T>) => Parsed<T>;
  /** Forgets every file but these, even one that was removed while nobody looked. */
  readonly keepOnly: (files: readonly FoundFile[]) => void;
};

/** Under it, which cannot be the name of a file, stand the names of all files as JSON. */
const indexName = ".";

export function filesInForce(lastGood: LastGood): FilesInForce {
  const known = new Map<string, { text: string | null; parsed: Parsed<unknown> }>();

  function parse<T>(file: FoundFile, parser: (text: ConfigText) => Parsed<T>): Parsed<T> {
    const before = known.get(file.file);
    if (before && before.text !== null && before.text === file.text) {
      return before.parsed as Parsed<T>; // a file keeps its parser for as long as it has its name
    }
    const parsed = parseNow(file, parser);
    known.set(file.file, { text: file.text, parsed });
    return parsed;
  }

  function parseNow<T>(file: FoundFile, parser: (text: ConfigText) => Parsed<T>): Parsed<T> {
    const fresh = parseFile(file, parser);
    const kept = lastGood.get(file.file);
    if (fresh.value === null) {
      const old = kept === null ? null : parseFile({ ...file, text: kept }, parser);
      return { value: old?.value ?? null, problems: fresh.problems };
    }
    if (kept === file.text) return fresh;
    return { ...fresh, problems: [...fresh.problems, ...remember(file)] };
  }

  function remember({ file, text }: FoundFile): ConfigProblem[] {
    try {
      lastGood.set(file, text);
      return [];
    } catch (error) {
      const problem = `it is in force, but could not be kept for a restart: ${String(error)}`;
      const fix = "make room on the disk, then save the file again";
      return [{ severity: "warning", file, line: 0, key: "", problem, fix }];
    }
  }

  function keepOnly(files: readonly FoundFile[]): void {
    const named = files.filter(({ name }) => /\.ya?ml$/.test(name)).map(({ file }) => file);
    const here = new Set(named);
    for (const file of known.keys()) if (!here.has(file)) known.delete(file);
    // What a folder holds that cannot be read just now is not gone.
    if (files.some(({ name }) => name === "")) return;
    const index = JSON.stringify(named);
    const before = lastGood.get(indexName) ?? "[]";
    if (before === index) return;
    try {
      // Written by this function.
      for (const file of JSON.parse(before) as string[])
        if (!here.has(file)) lastGood.set(file, null);
      lastGood.set(indexName, named.length === 0 ? null : index);
    } catch {
      // A full disk: each text that cannot be kept is a problem of its own.
    }
  }

  return { parse, keepOnly };
}

function parseFile<T>(file: FoundFile, parser: (text: ConfigText) => Parsed<T>): Parsed<T> {
  if (file.text === null) {
    const fix = "put a plain file of text there";
    return broken({ file: file.file, line: 0, problem: file.problem ?? "cannot be read", fix });
  }
  try {
    return parser({ file: file.file, ...parseYaml(file.text) });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const problem = `this is not the YAML that is wanted: ${lineOf(error.message)}`;
    return broken({ file: file.file, line: error.line, problem, fix: yamlFix(error.message) });
  }
}

function broken(words: Pick<ConfigProblem, "file" | "line" | "problem" | "fix">): Parsed<never> {
  return { value: null, problems: [{ severity: "error", key: "", ...words }] };
}

/** The parser quotes what it stumbles over. */
function lineOf(message: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out here
  return message.replaceAll(/[\0-\x1f\x7f]+/g, " ").slice(0, 200);
}

function yamlFix(message: string): string {
  if (/tab/i.test(message)) return "indent with spaces";
  if (/unique/i.test(message)) return "keep one of the two keys";
  if (/tag/i.test(message)) return "remove the tag, the word that starts with an exclamation mark";
  return "look at the indentation and the quotes of this line and the one above it";
}
