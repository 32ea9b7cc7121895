import { createRun } from "#api/runs.ts";
import { createFrameReader, encodeFrame, frameTypes, type Frame } from "../lib/frames.ts";
import { ApiError, call } from "./client.ts";

export type Size = { readonly columns: number; readonly rows: number };

/** A command that runs in the sandbox of a branch, with a terminal. */
export type Run = {
  readonly type: (text: string) => void;
  readonly resize: (size: Size) => void;
  /** Ends the command, if it has not ended by itself. */
  readonly close: () => void;
};

export type RunEvents = {
  readonly onOutput: (bytes: Uint8Array) => void;
  /** How it ended, in words. */
  readonly onEnd: (words: string) => void;
};

/** Starts a command. @throws {ApiError} when it is refused. */
export async function startRun(
  asked: { readonly target: string; readonly command: string; readonly size: Size },
  events: RunEvents,
): Promise<Run> {
  const { target, command, size } = asked;
  const terminal = { ...size, kind: "xterm-256color" };
  const run = await call(createRun, { params: { target }, body: { command, terminal } });
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const path = `/api/v1/runs/${encodeURIComponent(run.id)}/session`;
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  socket.binaryType = "arraybuffer";
  await opened(socket);
  listen(socket, events);
  const encoder = new TextEncoder();
  const send = (type: number, text: string) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(type, encoder.encode(text)));
  };
  return {
    type: (text) => send(frameTypes.input, text),
    resize: (next) => send(frameTypes.resize, JSON.stringify(next)),
    close: () => socket.close(),
  };
}

function opened(socket: WebSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const detail = "The terminal could not be opened.";
  const hint = "Something between you and Berth may keep WebSockets out.";
  socket.addEventListener("open", () => resolve(), { once: true });
  socket.addEventListener(
    "error",
    () => reject(new ApiError({ code: "no_terminal", detail, hint }, 0)),
    { once: true },
  );
  return promise;
}

function listen(socket: WebSocket, { onOutput, onEnd }: RunEvents): void {
  const read = createFrameReader();
  let words = "The connection was cut; the command is ended.";
  const end = (text: string) => {
    words = text;
    socket.close();
  };
  const take = ({ type, payload }: Frame) => {
    if (type === frameTypes.output || type === frameTypes.errorOutput) onOutput(payload);
    else if (type === frameTypes.result) end(wordsOfResult(new TextDecoder().decode(payload)));
    else if (type === frameTypes.failure) end("The command could not be started.");
  };
  socket.addEventListener("message", ({ data }) => {
    // Every message is binary, as `binaryType` says.
    for (const frame of read(new Uint8Array(data as ArrayBuffer))) take(frame);
  });
  socket.addEventListener("close", () => onEnd(words), { once: true });
}

function wordsOfResult(json: string): string {
  // Written by Berth: how the command ended.
  const { value } = JSON.parse(json) as { value: { code: number | null; signal: string | null } };
  if (value.signal !== null) return `Ended by ${value.signal}.`;
  return value.code === 0 ? "Done." : `Ended with code ${value.code}.`;
}
