import { isUtf8 } from "node:buffer";
import { EventEmitter, once } from "node:events";
import { appendFileSync, mkdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { JobLog } from "#domain/logs.ts";
import { machineClock } from "#lib/clock.ts";
import { namesIn, nullIfMissing, removeTree } from "#lib/files.ts";
import { createTimeNotes, timedLines, timesPathOf } from "./job-times.ts";

const readBytesMax = 64 * 1024;
const endMark = "\n[the rest of this output was dropped]\n";

/** One file `<root>/<job id>.log` for each job, of at most `bytesMax` and one line. */
export function createJobFiles(root: string, bytesMax = 10 * 1024 * 1024): JobLog {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const pathOf = (jobId: number) => join(root, `${jobId}.log`);
  const changes = new EventEmitter().setMaxListeners(0);
  const sizeOf = (jobId: number) => statSync(pathOf(jobId), { throwIfNoEntry: false })?.size ?? 0;

  const noteTime = createTimeNotes(() => machineClock.now().getTime());

  return {
    append: (jobId, text) => {
      const size = sizeOf(jobId);
      if (size < bytesMax && text.length > 0) {
        ifRoom(() => {
          noteTime(pathOf(jobId), size);
          appendFileSync(pathOf(jobId), cut(Buffer.from(text), bytesMax - size), { mode: 0o600 });
        });
      }
      changes.emit(String(jobId));
    },
    read: (jobId, offset) => readPiece(pathOf(jobId), offset),
    lines: async (jobId, offset) => {
      const { text } = await readPiece(pathOf(jobId), offset);
      const whole = wholeLines(text);
      const lines = await timedLines(pathOf(jobId), offset, whole);
      return { lines, offset: offset + Buffer.byteLength(whole) };
    },
    changed: async (jobId, timeoutMs, signal) => {
      const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      await once(changes, String(jobId), { signal: either }).catch(() => {});
    },
    ids: async () =>
      (await namesIn(root)).flatMap((name) => {
        const [, id] = /^(\d+)\.log$/.exec(name) ?? [];
        return id === undefined ? [] : [Number(id)];
      }),
    size: sizeOf,
    remove: async (jobId) => {
      await removeTree(timesPathOf(pathOf(jobId)));
      await removeTree(pathOf(jobId));
    },
  };
}

async function readPiece(path: string, offset: number): ReturnType<JobLog["read"]> {
  const file = await open(path).catch(nullIfMissing);
  if (!file) return { text: "", offset };
  try {
    const bytes = Buffer.alloc(readBytesMax);
    const { bytesRead } = await file.read(bytes, 0, readBytesMax, offset);
    const whole = wholeCharacters(bytes.subarray(0, bytesRead));
    return { text: textOf(whole), offset: offset + whole.length };
  } finally {
    await file.close();
  }
}

function cut(bytes: Buffer, bytesMax: number): Buffer {
  if (bytes.length < bytesMax) return bytes;
  return Buffer.concat([bytes.subarray(0, bytesMax), Buffer.from(endMark)]);
}

/** A full disk costs the output, never the job: who writes here reads from a program at work. */
function ifRoom(append: () => void): void {
  try {
    append();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
  }
}

const character =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** With `?` for a byte of no character, so that a text has as many bytes as it had in the file. */
function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const mended = bytes
    .toString("latin1")
    .replaceAll(character, (found) => (found.length === 1 ? "?" : found));
  return Buffer.from(mended, "latin1").toString("utf8");
}

/** Up to the last end of a line; one that is longer than a piece is cut. */
function wholeLines(text: string): string {
  const end = text.lastIndexOf("\n") + 1;
  const isFull = Buffer.byteLength(text) > readBytesMax - 4;
  return end === 0 && isFull ? text : text.slice(0, end);
}

/** Without the first bytes of a character that is not all there yet. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
