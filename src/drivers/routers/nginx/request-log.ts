import { watch } from "node:fs";
import { open, stat, writeFile } from "node:fs/promises";
import { dirname, basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RequestBatch, RequestLog } from "#domain/request-log.ts";
import { nullIfMissing, readIfThere } from "#lib/files.ts";
import { parseRequest } from "./parse-request.ts";

const pieceBytes = 1024 * 1024;
/** What waits beyond this is passed over: whoever cannot keep up must not fall behind for ever. */
const behindBytesMax = 8 * pieceBytes;
/** nginx writes each second at most, so looking more often would show nothing new. */
const pauseMs = 200;
const lookMs = 10_000;
const lineEnd = 0x0a;

/** How far the file of each inode has been read: the one that is written, and the one before it. */
type Positions = Map<number, number>;

/**
 * The request log that nginx writes to `path` and `request-log.lua` renames to `<path>.1`. How far
 * it was read is kept in a file of its own, so that a new berthd goes on where the last one ended.
 */
export function createNginxRequestLog(path: string, positionFile = `${path}.read`): RequestLog {
  return {
    follow: (onBatch) => {
      const stopping = new AbortController();
      const end = new Follower({ path, positionFile }, onBatch).run(stopping.signal);
      return {
        [Symbol.asyncDispose]: async () => {
          stopping.abort();
          await end;
        },
      };
    },
  };
}

class Follower {
  readonly #path: string;
  readonly #positionFile: string;
  readonly #onBatch: (batch: RequestBatch) => void;
  #positions: Positions = new Map();

  constructor(
    { path, positionFile }: { readonly path: string; readonly positionFile: string },
    onBatch: (batch: RequestBatch) => void,
  ) {
    this.#path = path;
    this.#positionFile = positionFile;
    this.#onBatch = onBatch;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#positions = parsePositions(await readIfThere(this.#positionFile).catch(() => null));
    let wake = Promise.withResolvers<void>();
    const name = basename(this.#path);
    const watcher = watch(dirname(this.#path), (_, changed) => {
      if (changed === name) wake.resolve();
    });
    // Without a watch the log is still read, only later.
    watcher.on("error", () => {});
    signal.addEventListener("abort", () => wake.resolve());
    try {
      while (!signal.aborted) {
        wake = Promise.withResolvers();
        // A file that cannot be read now is read the next time.
        await this.#readAll(signal).catch(() => {});
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
        const late = setTimeout(() => wake.resolve(), lookMs);
        if (!signal.aborted) await wake.promise;
        clearTimeout(late);
      }
    } finally {
      watcher.close();
    }
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const seen: Positions = new Map();
    let hasNews = false;
    // The older one first: a worker may have written to it after it was renamed.
    for (const path of [`${this.#path}.1`, this.#path]) {
      const stats = await stat(path).catch(nullIfMissing);
      if (!stats) continue;
      const from = this.#positions.get(stats.ino) ?? 0;
      const to =
        stats.size > from ? await this.#read(path, { from, size: stats.size }, signal) : from;
      hasNews ||= to !== from;
      seen.set(stats.ino, to);
    }
    this.#positions = seen;
    if (hasNews) await writeFile(this.#positionFile, JSON.stringify([...seen]), { mode: 0o600 });
  }

  /** Hands on the whole lines of a part of a file, and answers where they end. */
  async #read(
    path: string,
    { from, size }: { from: number; size: number },
    signal: AbortSignal,
  ): Promise<number> {
    const skippedBytes = size - from > behindBytesMax ? size - pieceBytes - from : 0;
    let end = from + skippedBytes;
    let isFirst = skippedBytes > 0;
    if (isFirst) this.#onBatch({ lines: [], skippedBytes });
    const file = await open(path);
    try {
      while (end < size && !signal.aborted) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, end);
        const whole = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(lineEnd) + 1);
        if (whole.length === 0) return bytesRead === pieceBytes ? end + pieceBytes : end;
        const text = whole.toString("utf8");
        const lines = text.slice(isFirst ? text.indexOf("\n") + 1 : 0).split("\n");
        isFirst = false;
        this.#onBatch({
          lines: lines.flatMap((line) => parseRequest(line) ?? []),
          skippedBytes: 0,
        });
        end += whole.length;
      }
      return end;
    } finally {
      await file.close();
    }
  }
}

function parsePositions(text: string | null): Positions {
  try {
    const pairs: unknown = JSON.parse(text ?? "[]");
    const isPair = (pair: unknown): pair is [number, number] =>
      Array.isArray(pair) && pair.every((it) => Number.isSafeInteger(it)) && pair.length === 2;
    return new Map(Array.isArray(pairs) ? pairs.filter(isPair) : []);
  } catch {
    return new Map();
  }
}
