import { PlatformError } from "#domain/errors.ts";

/** `NAME=value` words as a record; the value is what follows the first `=`. */
export function parsePairs(words: readonly string[]): Record<string, string> {
  const pairs = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf("=");
    const name = word.slice(0, at);
    const problem = at <= 0 ? "write NAME=value" : pairs.has(name) ? "it is there twice" : null;
    const field = at <= 0 ? JSON.stringify(word.slice(0, 80)) : name;
    if (problem !== null) throw new PlatformError("invalid_input", { field, problem });
    pairs.set(name, word.slice(at + 1));
  }
  return Object.fromEntries(pairs);
}

/** `web=2` words as wanted counts. */
export function parseFormation(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(parsePairs(words)).map(([processType, count]) => {
      if (/^\d{1,4}$/.test(count)) return [processType, Number(count)];
      const problem = "write a whole number after the =, such as web=2";
      throw new PlatformError("invalid_input", { field: processType, problem });
    }),
  );
}

/** `v3` or `3`; null when there is no word. */
export function parseRelease(word: string | undefined): number | null {
  if (word === undefined) return null;
  const [, digits] = /^v?([1-9]\d{0,8})$/.exec(word) ?? [];
  if (digits) return Number(digits);
  const field = JSON.stringify(word.slice(0, 80));
  throw new PlatformError("invalid_input", { field, problem: "write a release as v3" });
}

/** What fits into a table; `…` tells that there is more. */
export function firstLineOf(text: string): string {
  const [first = "", ...rest] = text.split("\n");
  return rest.length > 0 ? `${first} …` : first;
}

/**
 * A command line of the words after `run`: a single word is one already, several are quoted so that
 * the shell in the sandbox sees the same words again.
 */
export function commandLineOf(words: readonly string[]): string {
  const [only] = words;
  if (words.length === 1 && only !== undefined) return only;
  return words.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
