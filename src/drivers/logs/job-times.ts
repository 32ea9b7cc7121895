import { appendFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { logMoment, type LogLine } from "#domain/logs.ts";
import { nullIfMissing } from "#lib/files.ts";

/** Lines that come closer together count as of one moment. */
const stepMs = 100;
const bytesMax = 1024 * 1024;

/** Where it is noted when each part of a job's log was written. */
export function timesPathOf(logPath: string): string {
  return logPath.replace(/\.log$/, ".times");
}

/** Notes of logs when they were how long: a line of bytes and milliseconds for each moment. */
export function createTimeNotes(nowMs: () => number): (logPath: string, size: number) => void {
  const last = { path: "", atMs: 0 };
  return (logPath, size) => {
    const atMs = nowMs();
    if (last.path === logPath && atMs - last.atMs < stepMs) return;
    Object.assign(last, { path: logPath, atMs });
    const path = timesPathOf(logPath);
    const { size: known = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (known < bytesMax) appendFileSync(path, `${size} ${atMs}\n`, { mode: 0o600 });
  };
}

/** The whole lines of a piece of a job's log that stands at `from`, each with its time. */
export async function timedLines(
  logPath: string,
  from: number,
  text: string,
): Promise<Pick<LogLine, "at" | "text">[]> {
  if (text === "") return [];
  const times = await readTimes(logPath);
  let [offset, next] = [from, 0];
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      while (next + 1 < times.length && (times[next + 1]?.offset ?? 0) <= offset) next += 1;
      offset += Buffer.byteLength(line) + 1;
      return { at: logMoment(new Date(times[next]?.atMs ?? 0)), text: line };
    });
}

async function readTimes(logPath: string): Promise<{ offset: number; atMs: number }[]> {
  const notes = await readFile(timesPathOf(logPath), "utf8").catch(nullIfMissing);
  const noted = (notes ?? "").split("\n").flatMap((line) => {
    const [, offset, atMs] = /^(\d+) (\d+)$/.exec(line) ?? [];
    return offset === undefined ? [] : [{ offset: Number(offset), atMs: Number(atMs) }];
  });
  if (noted.length > 0) return noted;
  // Of a log from before times were noted only its beginning is known.
  const { birthtimeMs = 0 } = statSync(logPath, { throwIfNoEntry: false }) ?? {};
  return [{ offset: 0, atMs: birthtimeMs }];
}
