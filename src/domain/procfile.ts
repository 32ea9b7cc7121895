import { ProcessTypeName } from "./app.ts";
import { PlatformError } from "./errors.ts";
import type { ProcessType } from "./process-type.ts";
import { parseSubdirectory } from "./subdirectory.ts";
import { rowsOf } from "./text-rows.ts";

export type Procfile = {
  readonly processTypes: Readonly<Record<string, ProcessType>>;
  /** Runs once for each release, before it serves; null when there is none. */
  readonly releaseCommand: string | null;
};

const bytesMax = 64 * 1024;

/**
 * Parses a Procfile: one `name: command` a line; blank lines and lines that start with `#` are
 * skipped. `web` gets a port, `release` is the release command, `static: <folder>` serves files,
 * every other name is a process without a port. Each starts with one instance.
 * @throws {PlatformError} `procfile_invalid` with the line.
 */
export function parseProcfile(text: string, file = "Procfile"): Procfile {
  const fail: Fail = (line, problem) =>
    new PlatformError("procfile_invalid", { file, line, problem });
  if (new TextEncoder().encode(text).length > bytesMax) throw fail(1, "it is larger than 64 KiB");
  const commands = parseCommands(text, fail);
  const releaseCommand = commands.get("release")?.command ?? null;
  commands.delete("release");
  if (commands.size === 0) throw fail(1, "it names no process type");
  const processTypes = [...commands].map(([name, { command, line }]) => {
    const type = processTypeOf(name, command);
    if (!type) throw fail(line, "static takes a folder inside the repository");
    return [name, type] as const;
  });
  return { processTypes: Object.fromEntries(processTypes), releaseCommand };
}

type Fail = (line: number, problem: string) => PlatformError;

function parseCommands(text: string, fail: Fail): Map<string, { command: string; line: number }> {
  const commands = new Map<string, { command: string; line: number }>();
  for (const { line, row } of rowsOf(text)) {
    const { name, command, problem } = parseRow(row);
    if (problem !== null) throw fail(line, problem);
    const earlier = commands.get(name);
    if (earlier) throw fail(line, `${name} stands on line ${earlier.line} already`);
    commands.set(name, { command, line });
  }
  return commands;
}

function parseRow(row: string): { name: string; command: string; problem: string | null } {
  const colon = row.indexOf(":");
  const name = row.slice(0, Math.max(0, colon)).trimEnd();
  const command = row.slice(colon + 1).trim();
  const parsed = { name, command };
  if (colon < 0) return { ...parsed, problem: "there is no colon after a name" };
  const checked = ProcessTypeName.safeParse(name);
  if (!checked.success) {
    const shown = JSON.stringify(name.slice(0, 80));
    const rule = checked.error.issues[0]?.message ?? "choose another name";
    return { ...parsed, problem: `${shown} is no name for a process type: ${rule}` };
  }
  if (command === "") return { ...parsed, problem: `${name} has no command` };
  if (command.includes("\0")) return { ...parsed, problem: `${name} holds a NUL character` };
  return { ...parsed, problem: null };
}

function processTypeOf(name: string, command: string): ProcessType | null {
  const common = { command, directory: "", count: 1, stripPrefix: false };
  if (name !== "static") return { ...common, kind: name === "web" ? "web" : "worker" };
  const directory = parseSubdirectory(command);
  return directory === null ? null : { ...common, kind: "static", command: "", directory };
}
