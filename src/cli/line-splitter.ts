/** Collects pieces of text and gives whole lines; a carriage return ends a line too. */
export function createLineSplitter(onLine: (line: string) => void): {
  readonly add: (text: string) => void;
  /** Gives what is left without a line end. */
  readonly end: () => void;
} {
  let rest = "";
  return {
    add(text) {
      // A return at the very end may be half of a line end that comes with the next piece.
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    },
    end() {
      const last = rest.replace(/\r$/, "");
      rest = "";
      if (last !== "") onLine(last);
    },
  };
}
