import { open } from "node:fs/promises";
import type { RoutingChange, RoutingTable } from "#domain/router.ts";
import { readIfThere, writeAtomic } from "#lib/files.ts";

/**
 * The routing table on disk and on the wire: a line is one change, `key TAB value` repeated, with
 * keys `h:<host>` and `b:<backend>`, values in JSON, and an empty value for a removal. JSON never
 * contains a tab or a line feed of its own, so nginx cuts lines without decoding them. What
 * follows the last line feed was torn by a crash and counts for nothing.
 */
export type Entries = Map<string, string>;

/** A change is written down as one line, so that it is there wholly or not at all. */
export type Snapshot = {
  /** The whole table as text, one line for each entry. */
  readonly text: () => string;
  readonly replace: (table: RoutingTable) => Promise<void>;
  /** Answers the line of the change; empty when it changes nothing. */
  readonly change: (change: RoutingChange) => Promise<string>;
};

/** Opens the table at `path`, which need not exist yet. Only one may be open for writing. */
export async function openSnapshot(path: string): Promise<Snapshot> {
  const read = readSnapshot((await readIfThere(path)) ?? "");
  let { entries, lines } = read;

  async function compact(): Promise<void> {
    await writeAtomic(path, textOf(entries));
    lines = entries.size;
  }
  if (read.torn) await compact();

  return {
    text: () => textOf(entries),
    async replace(table) {
      entries = entriesOf(table);
      await compact();
    },
    async change(change) {
      const line = lineOf(change);
      if (line === "") return line;
      await append(path, line);
      applyLine(entries, line);
      lines += 1;
      if (lines > 2 * entries.size + 1000) await compact();
      return line;
    },
  };
}

export function entriesOf(table: RoutingTable): Entries {
  return new Map([
    ...Object.entries(table.backends).map(([key, it]) => [`b:${key}`, JSON.stringify(it)] as const),
    ...Object.entries(table.hosts).map(([key, it]) => [`h:${key}`, JSON.stringify(it)] as const),
  ]);
}

/** Backends come before the hosts that name them, and go after them. */
export function lineOf(change: RoutingChange): string {
  const backends = Object.entries(change.backends).map(([key, it]) => [`b:${key}`, it] as const);
  const hosts = Object.entries(change.hosts).map(([key, it]) => [`h:${key}`, it] as const);
  const kept = [...backends, ...hosts].filter(([, value]) => value !== null);
  const removed = [...hosts, ...backends].filter(([, value]) => value === null);
  const cells = [...kept, ...removed].flatMap(([key, value]) => [
    key,
    value === null ? "" : JSON.stringify(value),
  ]);
  return cells.length > 0 ? `${cells.join("\t")}\n` : "";
}

function textOf(entries: Entries): string {
  const lines = [...entries].map(([key, value]) => `${key}\t${value}\n`);
  return lines.toSorted().join("");
}

export function readSnapshot(text: string): { entries: Entries; lines: number; torn: boolean } {
  const entries: Entries = new Map();
  const lines = text.split("\n");
  const rest = lines.pop();
  for (const line of lines) applyLine(entries, line);
  return { entries, lines: lines.length, torn: rest !== "" };
}

function applyLine(entries: Entries, line: string): void {
  const cells = line.trimEnd() === "" ? [] : line.replace(/\n$/, "").split("\t");
  for (let index = 0; index + 1 < cells.length; index += 2) {
    const [key = "", value = ""] = cells.slice(index, index + 2);
    if (value === "") entries.delete(key);
    else entries.set(key, value);
  }
}

async function append(path: string, line: string): Promise<void> {
  const file = await open(path, "a", 0o644);
  try {
    await file.appendFile(line);
    await file.datasync();
  } finally {
    await file.close();
  }
}
