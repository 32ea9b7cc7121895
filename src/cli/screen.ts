import type { Writable } from "node:stream";
import { safeText } from "#lib/safe-text.ts";

/** A terminal's whole screen, which is left as it was found. */
export type Screen = Disposable & {
  /** How many lines there are. */
  readonly rows: number;
  /** Shows these lines in the place of those before. */
  readonly draw: (lines: readonly string[]) => void;
};

const [enter, leave] = ["\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"];
const [home, clearLine, clearBelow] = ["\x1b[H", "\x1b[K", "\x1b[J"];
const usual = { columns: 80, rows: 24 };

/** Takes the screen of a terminal; a second one of the same terminal would draw over it. */
export function openScreen(stdout: Writable): Screen {
  // Those of a terminal change with its window; what is none has no size.
  const size = (): { columns: number; rows: number } => {
    const { columns, rows } = stdout as Partial<typeof usual>;
    return { columns: columns ?? usual.columns, rows: rows ?? usual.rows };
  };
  stdout.write(enter);
  return {
    get rows() {
      return size().rows;
    },
    draw: (lines) => {
      const { columns, rows } = size();
      const shown = lines.slice(0, rows - 1).map((line) => safeText(line).slice(0, columns));
      stdout.write(home + shown.map((line) => `${line}${clearLine}\n`).join("") + clearBelow);
    },
    [Symbol.dispose]: () => void stdout.write(leave),
  };
}
