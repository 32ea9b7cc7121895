import type { Duplex } from "node:stream";
import { inputBytesMax } from "#domain/runner.ts";
import { encodeFrame, firstLine, framesOf, type Frame } from "#lib/frames.ts";

const requestBytesMax = 8 * 1024 * 1024;
const requestTimeoutMs = 10_000;

/** Whoever asks, at the other end of a connection: one request in a line, then frames both ways. */
export type Caller = {
  readonly request: string;
  /** What follows the request goes to `onFrame`, one after the other; it waits until this is called. */
  readonly listen: (onFrame: Listener) => void;
  /** Sends a frame; resolves when there is room for more. */
  readonly send: (type: number, payload: Uint8Array | string) => Promise<void>;
  /** Aborts when nobody is there any more. */
  readonly gone: AbortSignal;
  readonly end: () => void;
};

type Listener = (frame: Frame) => Promise<void>;

/** Resolves with the request; rejects when it is too long, comes too late or is cut off. */
export async function callerOn(connection: Duplex): Promise<Caller> {
  const gone = new AbortController();
  connection.on("error", () => {}).once("close", () => gone.abort());
  const late = setTimeout(() => connection.destroy(), requestTimeoutMs);
  const { line, rest } = await firstLine(connection, requestBytesMax).finally(() =>
    clearTimeout(late),
  );
  const { promise: listener, resolve: listen } = Promise.withResolvers<Listener>();
  const relay = async () => {
    for await (const frame of framesOf(rest, inputBytesMax)) await (await listener)(frame);
  };
  // Nobody here says the last word half-way: an end is the end, and so is what is no frame.
  void relay()
    .catch(() => {})
    .finally(() => connection.destroy());
  return {
    request: line,
    listen,
    send: async (type, payload) => {
      if (connection.destroyed || connection.write(encodeFrame(type, payload))) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      connection.once("drain", resolve).once("close", resolve);
      await promise;
    },
    gone: gone.signal,
    end: () => {
      connection.end();
      listen(async () => {});
    },
  };
}
