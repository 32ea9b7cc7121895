/**
 * Characters that a terminal acts upon, or that make text look like other text: control characters,
 * direction marks, what is not seen, line separators, tags. A tab is harmless and stays, and so do
 * the joiners that some scripts and emoji are written with.
 * @see Unicode TR 36, Unicode Security Considerations
 */
export const unsafe =
  // eslint-disable-next-line no-control-regex -- finding them is the purpose
  /[\0-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Escape sequences: CSI, then those that carry a string (OSC, DCS, APC, PM, SOS), then short ones. */
const sequence =
  // eslint-disable-next-line no-control-regex -- finding them is the purpose
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]/g;

// eslint-disable-next-line no-control-regex -- finding it is the purpose
const colour = /^\x1b\[[0-9;:]*m$/;
const plain = "\x1b[0m";

/** Text for one line of a terminal: whatever it could act upon is shown as an escape instead. */
export function safeText(text: string): string {
  return text.replaceAll(unsafe, escapeOf);
}

/** A line that a program printed, without its escape sequences. */
export function safeLine(line: string): string {
  return safeText(line.replaceAll(sequence, ""));
}

/** A line that a program printed, keeping its colours but nothing else that a terminal acts upon. */
export function safeColouredLine(line: string): string {
  let result = "";
  let coloured = false;
  let end = 0;
  for (const match of line.matchAll(sequence)) {
    result += safeText(line.slice(end, match.index));
    end = match.index + match[0].length;
    if (!colour.test(match[0])) continue;
    result += match[0];
    coloured = true;
  }
  return result + safeText(line.slice(end)) + (coloured ? plain : "");
}

/** JSON text that is as safe to look at as it is to parse. */
export function safeJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(unsafe, (character) =>
    character === "\n" ? character : jsonEscapeOf(character),
  );
}

function escapeOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point <= 0xff) return `\\x${point.toString(16).padStart(2, "0")}`;
  return point <= 0xffff ? `\\u${point.toString(16)}` : `\\u{${point.toString(16)}}`;
}

function jsonEscapeOf(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index);
    return `\\u${unit.toString(16).padStart(4, "0")}`;
  }).join("");
}
