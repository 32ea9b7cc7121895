/**
 * An execline script from arguments: nothing in them is read as syntax. A block is written as its
 * own list. execline is no shell; it only starts one program with exactly these words.
 * @see https://skarnet.org/software/execline/execlineb.html
 */
export function renderExecline(
  lines: readonly (readonly ExeclineWord[])[],
  options: { args: string },
): string {
  const body = lines.map((words) => words.map(renderWord).join(" "));
  return `#!/usr/bin/execlineb ${options.args}\n${body.join("\n")}\n`;
}

/** A word to quote, a block of words, or one that execlineb substitutes, such as `${1}`. */
export type ExeclineWord = string | readonly ExeclineWord[] | { readonly substituted: string };

function renderWord(word: ExeclineWord): string {
  if (typeof word === "string") return `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  if ("substituted" in word) return word.substituted;
  return `{ ${word.map(renderWord).join(" ")} }`;
}
