/**
 * Characters that change how the text around them is read: control characters, direction marks,
 * invisible spaces, line separators, tags. A tab is harmless and stays.
 * @see Unicode TR 36, Unicode Security Considerations
 */
const unsafe =
  // eslint-disable-next-line no-control-regex -- finding them is the purpose
  /[\0-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Text of others as one line that reads as it is stored: nothing in it moves or hides anything. */
export function plainText(text: string, lengthMax = 2000): string {
  const shown = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return shown.replaceAll(unsafe, escapeOf);
}

/** The same over several lines. */
export function plainLines(text: string, lengthMax = 200_000): string {
  return text
    .slice(0, lengthMax)
    .split("\n")
    .map((line) => plainText(line.replace(/\r$/, ""), lengthMax))
    .join("\n");
}

function escapeOf(character: string): string {
  if (character === "\n") return " ";
  const point = character.codePointAt(0) ?? 0;
  return `\\u{${point.toString(16)}}`;
}

/** The first line of a message, without the announcement of the lines below it. */
export function headline(message: string): string {
  const [first = "", ...below] = message.split("\n");
  return below.length === 0 ? first : first.replace(/(?:; [^;]*)?:$/, "");
}

/** Lines without the spaces that all of them begin with. */
export function outdented(lines: readonly string[]): string[] {
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const depth = Math.min(...depths, 80);
  return lines.map((line) => line.slice(Math.min(depth, line.length - line.trimStart().length)));
}
