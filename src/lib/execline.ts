import { existsSync } from "node:fs";

/** Debian keeps execline's programs apart, and has scripts for them that look for them each time. */
const debianFolder = "/usr/lib/execline/bin";
const isApart = existsSync(`${debianFolder}/execlineb`);

/** What runs a script. */
export const execlineb = `${isApart ? debianFolder : "/usr/bin"}/execlineb`;

/** One of execline's own programs, as a script names it. */
export function execlineTool(
  name: "background" | "exit" | "export" | "fdmove" | "foreground" | "redirfd",
): string {
  return isApart ? `${debianFolder}/${name}` : name;
}

/**
 * An execline script from arguments: nothing in them is read as syntax. A block is written as its
 * own list. execline is no shell; it only starts one program with exactly these words. Unless `args`
 * is `-P`, it substitutes even inside of quotes: words that hold a dollar sign throw then.
 * @see https://skarnet.org/software/execline/execlineb.html
 */
export function renderExecline(
  lines: readonly (readonly ExeclineWord[])[],
  options: { args: string },
): string {
  const isLiteral = options.args === "-P";
  const render = (word: ExeclineWord): string => {
    if (typeof word !== "string")
      return "substituted" in word ? word.substituted : `{ ${word.map(render).join(" ")} }`;
    if (!isLiteral && word.includes("$"))
      throw new Error(`execline would substitute in ${JSON.stringify(word)}`);
    return `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  };
  const body = lines.map((words) => words.map(render).join(" "));
  return `#!${execlineb} ${options.args}\n${body.join("\n")}\n`;
}

/** A word to quote, a block of words, or one that execlineb substitutes, such as `${1}`. */
export type ExeclineWord = string | readonly ExeclineWord[] | { readonly substituted: string };
