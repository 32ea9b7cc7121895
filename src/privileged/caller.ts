import type { Duplex } from "node:stream";
import { inputBytesMax, sessionFrames } from "#domain/runner.ts";
import { encodeFrame, frameReader, type Frame } from "#lib/frames.ts";

const requestBytesMax = 8 * 1024 * 1024;
const requestTimeoutMs = 10_000;
const newline = 0x0a;

/** Whoever asks, at the other end of a connection: one request in a line, then frames both ways. */
export type Caller = {
  /** Rejects when it is too long, comes too late or is cut off. */
  readonly request: Promise<string>;
  /** What follows the request goes to `onFrame`; without a call of this it goes nowhere. */
  readonly listen: (onFrame: (frame: Frame) => void) => void;
  /** Sends a frame; answers whether there is room for more, which `onRoom` tells otherwise. */
  readonly send: (type: number, payload: Uint8Array | string) => boolean;
  readonly onRoom: (go: () => void) => void;
  /** Aborts when nobody is there any more. */
  readonly gone: AbortSignal;
  readonly end: () => void;
};

export function callerOn(connection: Duplex): Caller {
  const gone = new AbortController();
  const request = Promise.withResolvers<string>();
  const read = frameReader(inputBytesMax);
  const head: Buffer[] = [];
  let headBytes = 0;
  let isHead = true;
  let onFrame: (frame: Frame) => void = () => {};
  const fail = (error: Error) => {
    gone.abort();
    request.reject(error);
    connection.destroy();
  };
  const late = setTimeout(() => fail(new Error("no request came in time")), requestTimeoutMs);
  const takeHead = (chunk: Buffer): Buffer => {
    const end = chunk.indexOf(newline);
    head.push(end < 0 ? chunk : chunk.subarray(0, end));
    headBytes += chunk.length;
    if (end < 0 && headBytes > requestBytesMax) throw new RangeError("the request is too long");
    if (end < 0) return Buffer.alloc(0);
    isHead = false;
    clearTimeout(late);
    request.resolve(Buffer.concat(head).toString("utf8"));
    return chunk.subarray(end + 1);
  };
  connection.on("data", (chunk: Buffer) => {
    try {
      const rest = isHead ? takeHead(chunk) : chunk;
      for (const frame of read(rest)) onFrame(frame);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
  connection.on("error", () => {});
  const leave = () => {
    clearTimeout(late);
    fail(new Error("the connection was closed"));
  };
  // Nobody here says the last word half-way: an end is the end.
  connection.once("end", leave).once("close", leave);
  return {
    request: request.promise,
    listen: (listener) => (onFrame = listener),
    send: (type, payload) => connection.destroyed || connection.write(encodeFrame(type, payload)),
    onRoom: (go) => void connection.once("drain", go).once("close", go),
    gone: gone.signal,
    end: () => void connection.end(),
  };
}

/** The last frame of a conversation. */
export function sendResult(caller: Caller, value: unknown): void {
  caller.send(sessionFrames.result, JSON.stringify({ value: value ?? null }));
}
