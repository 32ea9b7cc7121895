import { plainText } from "./text.ts";

/** A stretch of a line in one look. */
export type Span = { readonly text: string; readonly look: string };

/** Escape sequences: CSI, then those that carry a string (OSC, DCS, APC, PM, SOS), then short ones. */
const sequence =
  // eslint-disable-next-line no-control-regex -- finding them is the purpose
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]/g;
// eslint-disable-next-line no-control-regex -- finding it is the purpose
const colour = /^\x1b\[([0-9;:]*)m$/;

/**
 * A line that a program printed, in stretches of one look each. Colours become names of classes, so
 * that they fit both schemes; whatever else the line asks of a terminal is left out.
 */
export function parseAnsi(line: string, lengthMax = 4000): Span[] {
  const cut = line.length > lengthMax ? line.slice(0, lengthMax) : line;
  const spans: Span[] = [];
  let look = new Map<string, string>();
  let end = 0;
  const add = (text: string) => {
    if (text !== "")
      spans.push({ text: plainText(text, lengthMax), look: [...look.values()].join(" ") });
  };
  for (const match of cut.matchAll(sequence)) {
    add(cut.slice(end, match.index));
    end = match.index + match[0].length;
    const codes = colour.exec(match[0])?.[1];
    if (codes !== undefined) look = lookAfter(look, codes);
  }
  add(cut.slice(end));
  return spans;
}

/** A line without its escape sequences, as it is searched and copied. */
export function withoutAnsi(line: string): string {
  return line.replaceAll(sequence, "");
}

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const attributes: Readonly<Record<number, string>> = {
  1: "bold",
  2: "dim",
  3: "italic",
  4: "underline",
  7: "inverse",
  9: "strike",
};
const endOf: Readonly<Record<number, readonly string[]>> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["strike"],
  39: ["colour"],
};

/** The look as it is after a sequence of SGR codes. @see ECMA-48, 8.3.117 */
function lookAfter(before: ReadonlyMap<string, string>, codes: string): Map<string, string> {
  const look = new Map(before);
  const numbers = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index += 1) {
    const code = numbers[index] ?? 0;
    if (code === 38 || code === 48) {
      const { name, used } = extendedColour(numbers.slice(index + 1));
      if (code === 38 && name !== null) look.set("colour", `ansi-${name}`);
      index += used;
    } else applyCode(look, code);
  }
  return look;
}

function applyCode(look: Map<string, string>, code: number): void {
  const attribute = attributes[code];
  const colourName = names[code >= 90 ? code - 90 : code - 30];
  if (code === 0) look.clear();
  else if (attribute !== undefined) look.set(attribute, `ansi-${attribute}`);
  else if (endOf[code]) for (const name of endOf[code]) look.delete(name);
  else if (colourName !== undefined) look.set("colour", `ansi-${colourName}`);
}

/** `5;n` of the 256 colours or `2;r;g;b`, as the nearest of the eight. */
function extendedColour(rest: readonly number[]): { name: string | null; used: number } {
  const [kind, a = 0, b = 0, c = 0] = rest;
  if (kind === 2) return { name: nearest(a, b, c), used: 4 };
  if (kind !== 5) return { name: null, used: 0 };
  if (a < 16) return { name: names[a % 8] ?? null, used: 2 };
  if (a >= 232) return { name: a > 243 ? "white" : "black", used: 2 };
  const level = (step: number) => (Math.floor((a - 16) / step) % 6) * 51;
  return { name: nearest(level(36), level(6), level(1)), used: 2 };
}

function nearest(red: number, green: number, blue: number): string {
  const bit = (value: number) => (value > 127 ? 1 : 0);
  return names[bit(red) + 2 * bit(green) + 4 * bit(blue)] ?? "white";
}
