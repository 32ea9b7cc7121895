import { isUtf8 } from "node:buffer";
import { EventEmitter, once } from "node:events";
import { appendFileSync, mkdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { JobLog } from "#domain/logs.ts";
import { namesIn, nullIfMissing, removeTree } from "#lib/files.ts";

const readBytesMax = 64 * 1024;
const endMark = "\n[the rest of this output was dropped]\n";

/** One file `<root>/<job id>.log` for each job, of at most `bytesMax` and one line. */
export function createJobFiles(root: string, bytesMax = 10 * 1024 * 1024): JobLog {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const pathOf = (jobId: number) => join(root, `${jobId}.log`);
  const changes = new EventEmitter().setMaxListeners(0);
  const sizeOf = (jobId: number) => statSync(pathOf(jobId), { throwIfNoEntry: false })?.size ?? 0;

  return {
    append: (jobId, text) => {
      const size = sizeOf(jobId);
      if (size < bytesMax) {
        appendIfRoom(pathOf(jobId), cut(Buffer.from(text), bytesMax - size));
      }
      changes.emit(String(jobId));
    },
    read: async (jobId, offset) => {
      const file = await open(pathOf(jobId)).catch(nullIfMissing);
      if (!file) return { text: "", offset };
      try {
        const { buffer, bytesRead } = await file.read(
          Buffer.alloc(readBytesMax),
          0,
          readBytesMax,
          offset,
        );
        const whole = wholeCharacters(buffer.subarray(0, bytesRead));
        return { text: textOf(whole), offset: offset + whole.length };
      } finally {
        await file.close();
      }
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
    remove: (jobId) => removeTree(pathOf(jobId)),
  };
}

function cut(bytes: Buffer, bytesMax: number): Buffer {
  if (bytes.length < bytesMax) return bytes;
  return Buffer.concat([bytes.subarray(0, bytesMax), Buffer.from(endMark)]);
}

/** A full disk costs the output, never the job: who writes here reads from a program at work. */
function appendIfRoom(path: string, bytes: Uint8Array): void {
  try {
    appendFileSync(path, bytes, { mode: 0o600 });
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
