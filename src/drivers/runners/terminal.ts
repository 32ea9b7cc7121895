import type { Readable, Writable } from "node:stream";
import { spawn } from "@lydell/node-pty";
import { inputBytesMax, sessionFrames, type TerminalSize } from "#domain/runner.ts";
import { bareEnv } from "#lib/exec.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";

/**
 * Runs a program in a terminal of its own and relays, as `relayWords` does for pipes: frames of input
 * and of new sizes from `stdin`, of what the terminal shows to `stdout`, the last one with how the
 * program ended. Resolves when whoever is at the other end has gone. To be run as the program's own
 * user, outside of its sandbox: the terminal's other end is never seen in it.
 */
export async function relayTerminal(
  [program, ...args]: readonly [string, ...string[]],
  { columns: cols, rows }: TerminalSize,
  { stdin, stdout }: { readonly stdin: Readable; readonly stdout: Writable },
): Promise<void> {
  stdout.write(encodeFrame(sessionFrames.output));
  // Descriptors that this process was given are the program's too.
  const terminal = spawn(program, args, { cols, rows, cwd: "/", env: bareEnv, encoding: null });
  let hasEnded = false;
  // Bytes are passed on as they are; the types know text only.
  terminal.onData((bytes: string | Uint8Array) => {
    if (stdout.write(encodeFrame(sessionFrames.output, bytes))) return;
    terminal.pause();
    stdout.once("drain", () => terminal.resume());
  });
  terminal.onExit(({ exitCode, signal = 0 }) => {
    hasEnded = true;
    const end = signal ? `256 ${signal}` : `${exitCode} 0`;
    stdout.write(encodeFrame(sessionFrames.result, end));
  });
  await relayInput(stdin, (frame) => {
    if (hasEnded) return;
    const bytes = frame.payload as unknown as string;
    if (frame.type === sessionFrames.input) terminal.write(bytes);
    if (frame.type === sessionFrames.resize) {
      const size = sizeFrom(frame.payload.toString());
      if (size) terminal.resize(size.columns, size.rows);
    }
  }).catch(() => {});
  if (!hasEnded) terminal.kill("SIGKILL");
}

/** Resolves when nobody is there any more. */
async function relayInput(
  stdin: Readable,
  onFrame: (frame: { type: number; payload: Buffer }) => void,
): Promise<void> {
  for await (const frame of framesOf(stdin, inputBytesMax)) onFrame(frame);
}

function sizeFrom(json: string): TerminalSize | null {
  try {
    const { columns, rows } = JSON.parse(json) as Partial<TerminalSize>;
    return isSide(columns) && isSide(rows) ? { columns, rows } : null;
  } catch {
    return null;
  }
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 10_000;
}
