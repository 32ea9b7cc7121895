import { constants } from "node:os";
import type { Duplex, Readable, Writable } from "node:stream";
import { ReadStream, WriteStream } from "node:tty";
import { PlatformError } from "#domain/errors.ts";
import {
  inputBytesMax,
  parseFailure,
  sessionFrames,
  type Outcome,
  type SessionOptions,
} from "#domain/runner.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";

const frameBytesMax = 1024 * 1024;

type Streams = { readonly stdin: Readable; readonly stdout: Writable; readonly stderr: Writable };

/** The terminal that a command is to have: ours, when both its ends are one. */
export function terminalOf({
  stdin,
  stdout,
  terminal,
}: Streams & { readonly terminal: string }): SessionOptions["terminal"] {
  if (!(stdin instanceof ReadStream && stdout instanceof WriteStream)) return null;
  const kind = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$/.test(terminal) ? terminal : "dumb";
  // A terminal that does not know its size says 0.
  return { columns: stdout.columns || 80, rows: stdout.rows || 24, kind };
}

/** Talks to a command to its end, and gives how it ended. */
export async function attach(connection: Duplex, streams: Streams): Promise<Outcome> {
  const detach = passInput(connection, streams);
  try {
    return await followOutput(connection, streams);
  } finally {
    detach();
    connection.destroy();
  }
}

/** Keys go over as they are pressed, Ctrl-C among them: the far terminal knows what they mean. */
function passInput(connection: Duplex, { stdin, stdout }: Streams): () => void {
  const isTerminal = stdin instanceof ReadStream && stdout instanceof WriteStream;
  const send = (type: number, payload?: Uint8Array | string) => {
    if (!connection.destroyed) connection.write(encodeFrame(type, payload));
  };
  const onData = (chunk: Buffer | string) => {
    const bytes = Buffer.from(chunk);
    for (let at = 0; at < bytes.length; at += inputBytesMax)
      send(sessionFrames.input, bytes.subarray(at, at + inputBytesMax));
    if (!connection.writableNeedDrain) return;
    stdin.pause();
    connection.once("drain", () => stdin.resume());
  };
  const onEnd = () => send(sessionFrames.endOfInput);
  const onResize = () => {
    const { columns, rows } = stdout as WriteStream;
    if (columns > 0 && rows > 0) send(sessionFrames.resize, JSON.stringify({ columns, rows }));
  };
  if (isTerminal) {
    stdin.setRawMode(true);
    stdout.on("resize", onResize);
  }
  stdin.on("data", onData).once("end", onEnd);
  return () => {
    stdin.off("data", onData).off("end", onEnd).pause();
    if (!isTerminal) return;
    stdout.off("resize", onResize);
    stdin.setRawMode(false);
  };
}

async function followOutput(connection: Duplex, { stdout, stderr }: Streams): Promise<Outcome> {
  for await (const { type, payload } of framesOf(connection, frameBytesMax)) {
    if (type === sessionFrames.output) await write(stdout, payload);
    if (type === sessionFrames.errorOutput) await write(stderr, payload);
    if (type === sessionFrames.failure) throw parseFailure(payload.toString());
    // Of the server that we asked.
    if (type === sessionFrames.result) return JSON.parse(payload.toString()).value as Outcome;
  }
  throw new PlatformError("helper_lost", { what: "the command" });
}

async function write(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.write(bytes) || stream.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve).once("close", resolve).once("error", resolve);
  await promise;
}

/** 128 and the signal's number for a signal, as shells have it. */
export function exitCodeOf({ code, signal }: Pick<Outcome, "code" | "signal">): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return code ?? 128 + (numbers[signal ?? ""] ?? 0);
}
