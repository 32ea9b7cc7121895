import type { Readable, Writable } from "node:stream";
import { spawn } from "@lydell/node-pty";
import { inputBytesMax, sessionFrames, type TerminalSize } from "#domain/runner.ts";
import { bareEnv } from "#lib/exec.ts";
import { framesOf } from "#lib/frames.ts";

/**
 * Runs a program in a terminal of its own and relays: frames of input and of new sizes from `stdin`,
 * what the terminal shows to `stdout`. Resolves with the program's exit code; 128 and the signal's
 * number for a signal. To be run as the program's own user, outside of its sandbox: the terminal's
 * other end is never seen in it.
 */
export async function relayTerminal(
  [program, ...args]: readonly [string, ...string[]],
  { columns: cols, rows }: TerminalSize,
  { stdin, stdout }: { readonly stdin: Readable; readonly stdout: Writable },
): Promise<number> {
  // Descriptors that this process was given are the program's too.
  const terminal = spawn(program, args, { cols, rows, cwd: "/", env: bareEnv, encoding: null });
  const { promise, resolve } = Promise.withResolvers<number>();
  terminal.onData((bytes) => {
    if (stdout.write(bytes)) return;
    terminal.pause();
    stdout.once("drain", () => terminal.resume());
  });
  terminal.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode));
  const giveUp = () => terminal.kill("SIGKILL");
  relayInput(stdin, (frame) => {
    // Bytes are written as they are; the type knows text only.
    const bytes = frame.payload as unknown as string;
    if (frame.type === sessionFrames.input) terminal.write(bytes);
    if (frame.type === sessionFrames.resize) {
      const size = sizeFrom(frame.payload.toString());
      if (size) terminal.resize(size.columns, size.rows);
    }
  }).then(giveUp, giveUp);
  const code = await promise;
  if (stdout.writableNeedDrain) await new Promise((drained) => stdout.once("drain", drained));
  return code;
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
