import { once } from "node:events";
import type { Writable } from "node:stream";
import { safeColouredLine, safeJson, safeLine, safeText } from "#lib/safe-text.ts";

export type OutputOptions = {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether somebody looks at stdout directly. */
  readonly tty: boolean;
  readonly json: boolean;
  /** Whether programs' colours are passed on to a terminal. */
  readonly colour: boolean;
  /** Whether stderr is a terminal whose last line may be written anew. */
  readonly live?: boolean;
  /** Whether stdout is on this machine; else a terminal may be at its far end. */
  readonly local: boolean;
};

/** What a command prints: data on stdout, everything about it on stderr. */
export type Output = {
  readonly json: boolean;
  readonly tty: boolean;
  /** A line of data. */
  readonly line: (text: string) => void;
  /** Data as it is, unless somebody may be looking at it: then made safe, line by line. */
  readonly exact: (text: string) => void;
  /** A line that a program printed; its colours stay for a terminal. */
  readonly printed: (prefix: string, line: string) => void;
  /** Rows under their headings, aligned; `whenEmpty` on stderr when there are none. */
  readonly table: (
    headings: readonly string[],
    rows: readonly (readonly string[])[],
    whenEmpty: string,
  ) => void;
  /** A JSON value: indented, or on one line when it is one of many. */
  readonly value: (value: unknown) => void;
  readonly valueLine: (value: unknown) => void;
  /** A sentence about what happens, on stderr. */
  readonly note: (text: string) => void;
  /** A line of a job's output, on stderr. */
  readonly progress: (line: string) => void;
  /** Whether somebody sees what `status` says. */
  readonly hasStatus: boolean;
  /** Stands in the terminal's last line, below what is printed on stderr, until it is null. */
  readonly status: (text: string | null) => void;
  /** A JSON line on stderr. */
  readonly errorValue: (value: unknown) => void;
  /** Resolves when what was written has been taken, so that a slow reader slows us down. */
  readonly drained: () => Promise<void>;
};

export function createOutput(options: OutputOptions): Output {
  const { stdout, tty, json, local, colour } = options;
  const line = (text: string): void => void stdout.write(`${text}\n`);
  const { note, ...last } = createNotes(options);
  return {
    json,
    tty,
    ...last,
    line: (text) => line(safeText(text)),
    exact: (text) => line(local && !tty ? text : text.split("\n").map(safeText).join("\n")),
    printed: (prefix, text) =>
      line(safeText(prefix) + (tty && colour ? safeColouredLine(text) : safeLine(text))),
    table(headings, rows, whenEmpty) {
      if (rows.length === 0) note(safeText(whenEmpty));
      else for (const text of renderTable(headings, rows)) line(text);
    },
    value: (value) => line(safeJson(value, 2)),
    valueLine: (value) => line(safeJson(value)),
    note: (text) => note(safeText(text)),
    progress: (text) => note(tty && colour ? safeColouredLine(text) : safeLine(text)),
    errorValue: (value) => note(safeJson(value)),
    async drained() {
      if (stdout.writableNeedDrain && !stdout.destroyed) await once(stdout, "drain");
    },
  };
}

/** Lines on stderr, and below them the status, if there is one. */
function createNotes({
  stderr,
  json,
  live = false,
}: OutputOptions): Pick<Output, "note" | "status" | "hasStatus"> {
  const hasStatus = live && !json;
  const clear = "\r\x1b[K";
  let status = "";
  return {
    hasStatus,
    note: (text) => void stderr.write(`${status && clear}${text}\n${status}`),
    status: (text) => {
      if (!hasStatus || (text === null && status === "")) return;
      // Those of a terminal change with its window.
      const { columns = 80 } = stderr as { readonly columns?: number };
      status = safeText(text ?? "").slice(0, columns - 1);
      stderr.write(clear + status);
    },
  };
}

/** Lines of a table whose columns are as wide as their widest cell; no line ends in spaces. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const table = [headings, ...rows].map((row) => row.map(safeText));
  const widths = headings.map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? "").length)),
  );
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
