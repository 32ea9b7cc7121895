/**
 * Splits what ssh was given into words. Quotes and backslashes keep a word together, as a person
 * would type them; nothing is expanded, so the result is exactly what stands there.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [match] of text.matchAll(/(?:[^\s'"\\]+|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S])+/g)) {
    words.push(match.replaceAll(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g, unquoted));
  }
  return words;
}

function unquoted(_: string, single?: string, double?: string, escaped?: string): string {
  return single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? escaped ?? "";
}
