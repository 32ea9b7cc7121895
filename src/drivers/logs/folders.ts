import { watch } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { newestLines, type LineFilter, type LogLine } from "#domain/logs.ts";
import { ensureDirectory, namesIn, nullIfMissing } from "#lib/files.ts";

const tailBytesMax = 1024 * 1024;
const lineEnd = 0x0a;

/**
 * A folder as s6-log keeps it: `current` and rotated `@…s` files whose names sort by time, each
 * line beginning with its time in UTC.
 * @see s6-log(8)
 */
export type LogFolder = { readonly path: string; readonly source: string };

/** The newest lines of several folders, in the order of time. */
export async function tailOfAll(
  folders: readonly LogFolder[],
  filter: LineFilter,
  lines: number,
): Promise<LogLine[]> {
  const read: LogLine[][] = [];
  // One after the other: a search reads every file, and must not hold all of them at once.
  for (const folder of folders) read.push(await tailOf(folder, filter, lines));
  return newestLines(read.flat(), lines);
}

export async function tailOf(
  { path, source }: LogFolder,
  { isWanted, sinceAt }: LineFilter,
  lines: number,
): Promise<LogLine[]> {
  const found: LogLine[][] = [];
  let count = 0;
  for (const file of (await logFiles(path)).toReversed()) {
    const all = linesOf(await lastBytes(file.path), source);
    const wanted = all.filter(isWanted);
    found.unshift(wanted);
    count += wanted.length;
    if (count >= lines || (all[0] && all[0].at < sinceAt)) break;
  }
  return newestLines(found.flat(), lines);
}

async function lastBytes(path: string): Promise<string> {
  const file = await open(path).catch(nullIfMissing);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytesMax);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString("utf8");
    return length < size ? text.slice(text.indexOf("\n") + 1) : text;
  } finally {
    await file.close();
  }
}

/** What the files of a folder fill together. */
export async function sizeOf(folder: string): Promise<number> {
  return (await logFiles(folder)).reduce((sum, { size }) => sum + size, 0);
}

/** Each with its time, its source and its text; what has no time is none. */
export function linesOf(text: string, source: string): LogLine[] {
  return text.split("\n").flatMap((line) => {
    const [, at, rest = ""] =
      /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}) {1,2}(.*)$/s.exec(line) ?? [];
    return at === undefined ? [] : [{ at, source, text: rest }];
  });
}

/** Follows every folder's `current`, also of instances that start meanwhile. */
export async function* follow(
  parent: string,
  folders: () => Promise<readonly LogFolder[]>,
  { filter, signal }: { filter: LineFilter; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  await ensureDirectory(parent, 0o700);
  const positions = new Map<string, Position>();
  for (const folder of await folders()) positions.set(folder.path, await endOf(folder));
  let wake = Promise.withResolvers<void>();
  const watcher = watch(parent, { recursive: true }, () => wake.resolve());
  signal.addEventListener("abort", () => wake.resolve());
  try {
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      for (const folder of await folders()) yield* newLines(folder, positions, filter);
      const safety = setTimeout(() => wake.resolve(), 2000);
      if (!signal.aborted) await wake.promise;
      clearTimeout(safety);
    }
  } finally {
    watcher.close();
  }
}

/** How far a folder has been read: up to `offset` in the file of this inode, whatever its name. */
type Position = { readonly inode: number; readonly offset: number };

async function endOf({ path }: LogFolder): Promise<Position> {
  const stats = await stat(join(path, "current")).catch(nullIfMissing);
  return stats ? { inode: stats.ino, offset: stats.size } : { inode: 0, offset: 0 };
}

async function* newLines(
  folder: LogFolder,
  positions: Map<string, Position>,
  { isWanted }: LineFilter,
): AsyncGenerator<LogLine> {
  for (const file of await filesFrom(folder, positions.get(folder.path)?.inode ?? 0)) {
    const known = positions.get(folder.path);
    const from = known?.inode === file.inode ? known.offset : 0;
    for await (const { text, end } of linesFrom(file, from)) {
      positions.set(folder.path, { inode: file.inode, offset: end });
      yield* linesOf(text, folder.source).filter(isWanted);
    }
  }
}

/**
 * The file that was read last and those begun after it: s6-log may have rotated meanwhile. When that
 * one is gone, it was the oldest, and all others are newer.
 */
async function filesFrom({ path }: LogFolder, inode: number): Promise<LogFile[]> {
  const current = await logFile(join(path, "current"));
  if (!current) return [];
  if (current.inode === inode) return [current];
  const files = await logFiles(path);
  const last = files.findIndex((file) => file.inode === inode);
  return files.slice(Math.max(0, last));
}

type LogFile = {
  readonly path: string;
  readonly inode: number;
  readonly birthMs: number;
  readonly size: number;
};

/**
 * Oldest first, each once. While s6-log rotates, a file is called `previous` for a moment, and for
 * another one it has two names.
 */
export async function logFiles(folder: string): Promise<LogFile[]> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const names = await logNames(folder);
    const found = await Promise.all(names.map((name) => logFile(join(folder, name))));
    // Only if nothing was rotated meanwhile, each name stood for the file that was looked at.
    if ((await logNames(folder)).join() !== names.join()) continue;
    const files = found.filter((file) => file !== null);
    return files.filter(
      ({ inode }, index) => !files.slice(0, index).some((it) => it.inode === inode),
    );
  }
  return [];
}

async function logFile(path: string): Promise<LogFile | null> {
  const stats = await stat(path).catch(nullIfMissing);
  if (!stats) return null;
  return { path, inode: stats.ino, birthMs: Math.trunc(stats.birthtimeMs), size: stats.size };
}

async function logNames(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  const rotated = names.filter((name) => name.startsWith("@"));
  return [...rotated, ...["previous", "current"].filter((name) => names.includes(name))];
}

/** Whole lines of a file in pieces, each with the offset after it. */
async function* linesFrom(
  { path, inode }: LogFile,
  from: number,
): AsyncGenerator<{ text: string; end: number }> {
  const file = await open(path).catch(nullIfMissing);
  if (!file) return;
  try {
    const { ino, size } = await file.stat();
    let end = ino === inode ? from : size;
    while (end < size) {
      const length = Math.min(size - end, tailBytesMax);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, end);
      const whole = buffer.subarray(0, buffer.lastIndexOf(lineEnd) + 1);
      if (whole.length === 0) return;
      end += whole.length;
      yield { text: whole.toString("utf8"), end };
    }
  } finally {
    await file.close();
  }
}
