import type { Duplex } from "node:stream";
import { inputBytesMax, sessionFrames } from "#domain/runner.ts";
import { encodeFrame, frameReader, type Frame } from "#lib/frames.ts";

const requestBytesMax = 8 * 1024 * 1024;
const requestTimeoutMs = 10_000;
const askEveryMs = 1000;
const newline = 0x0a;

/** Whoever asks, at the other end of a connection: one request in a line, then frames both ways. */
export type Caller = {
  /** Rejects when it is too long, comes too late or is cut off. */
  readonly request: Promise<string>;
  /** What follows the request goes to `onFrame`, what has come already first. */
  readonly listen: (onFrame: (frame: Frame) => void) => void;
  /** Has the caller wait with what follows, until the answer is called. */
  readonly holdUp: () => () => void;
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
  const readLine = lineReader();
  const readFrames = frameReader(inputBytesMax);
  let isAsked = false;
  const inbox = inboxOf(connection);
  const fail = (error: Error) => {
    gone.abort();
    request.reject(error);
    connection.destroy();
  };
  const say: Caller["send"] = (type, payload) =>
    connection.destroyed || connection.write(encodeFrame(type, payload));
  const late = setTimeout(() => fail(new Error("no request came in time")), requestTimeoutMs);
  const takeRequest = (chunk: Buffer): Buffer => {
    const { line, rest } = readLine(chunk);
    if (line === null) return rest;
    isAsked = true;
    clearTimeout(late);
    request.resolve(line);
    return rest;
  };
  connection.on("data", (chunk: Buffer) => {
    try {
      const rest = isAsked ? chunk : takeRequest(chunk);
      for (const frame of readFrames(rest)) inbox.take(frame);
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
    listen: inbox.listen,
    holdUp: () => holdUp(connection, say),
    send: say,
    onRoom: (go) => void connection.once("drain", go).once("close", go),
    gone: gone.signal,
    end: () => {
      connection.end();
      inbox.listen(() => {});
    },
  };
}

type Listen = Caller["listen"];

/** Who sends ahead loses nothing, and waits once a piece of it is here. */
function inboxOf(connection: Duplex): { take: Parameters<Listen>[0]; listen: Listen } {
  const early: Frame[] = [];
  let onFrame = (frame: Frame): void => {
    early.push(frame);
    connection.pause();
  };
  const listen: Listen = (listener) => {
    onFrame = listener;
    connection.resume();
    for (const frame of early.splice(0)) listener(frame);
  };
  return { take: (frame) => onFrame(frame), listen };
}

/** Takes chunks until the first line is whole, and gives it then with what follows. */
function lineReader(): (chunk: Buffer) => { line: string | null; rest: Buffer } {
  const parts: Buffer[] = [];
  let bytes = 0;
  return (chunk) => {
    const end = chunk.indexOf(newline);
    parts.push(end < 0 ? chunk : chunk.subarray(0, end));
    bytes += chunk.length;
    if (end < 0 && bytes > requestBytesMax) throw new RangeError("the request is too long");
    if (end < 0) return { line: null, rest: Buffer.alloc(0) };
    return { line: Buffer.concat(parts).toString("utf8"), rest: chunk.subarray(end + 1) };
  };
}

function holdUp(connection: Duplex, say: Caller["send"]): () => void {
  connection.pause();
  // Who is not listened to is noticed to be gone only when spoken to.
  const asking = setInterval(() => say(sessionFrames.output, ""), askEveryMs);
  return () => {
    clearInterval(asking);
    connection.resume();
  };
}

/** The last frame of a conversation. */
export function sendResult(caller: Caller, value: unknown): void {
  caller.send(sessionFrames.result, JSON.stringify({ value: value ?? null }));
}
