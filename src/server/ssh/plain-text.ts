import { unsafe } from "#lib/safe-text.ts";

/** A terminal's escape sequence: of two characters, with parameters, or a string such as a title. */
const escape =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]?|[\]PX^_][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\)?|[ -/]{0,8}[0-~]?)/g;
const unfinished =
  // oxlint-disable-next-line no-control-regex -- as above
  /^\x1b(?:\[[0-?]{0,63}[ -/]{0,7}|[\]PX^_][^\x07\x1b\n]{0,999}|[ -/]{0,7})$/;
/**
 * Takes out of a stream of text what a terminal would obey instead of show: a build may print
 * anything, and the person who pushed never asked for that. A lone carriage return, as progress
 * bars print it, ends the line.
 * @see ECMA-48
 */
export function createPlainText(): (chunk: string) => string {
  let rest = "";
  return (chunk) => {
    const text = rest + chunk;
    const cut = text.endsWith("\r") ? text.length - 1 : startOfUnfinished(text);
    rest = text.slice(cut);
    return text
      .slice(0, cut)
      .replaceAll(escape, "")
      .replaceAll(/\r\n?/g, "\n")
      .replaceAll(unsafe, (found) => (found === "\n" ? found : ""));
  };
}

/** Where an escape sequence begins whose end is still to come; else the end of the text. */
function startOfUnfinished(text: string): number {
  const start = text.lastIndexOf("\x1b");
  return start >= 0 && unfinished.test(text.slice(start)) ? start : text.length;
}
