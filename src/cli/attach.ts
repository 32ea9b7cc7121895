import { stat } from "node:fs/promises";
import { constants } from "node:os";
import { Writable } from "node:stream";
import type { PreparedRunView } from "#api/views.ts";
import { PlatformError } from "#domain/errors.ts";
import { bareEnv, ended, start, type StartOptions } from "#lib/exec.ts";

const argsDescriptor = 9;
const forwarded = ["SIGTERM", "SIGHUP"] as const;

/**
 * Runs a prepared command with our own terminal, as the account that owns Berth's home, and gives
 * its exit code; 128 and the signal's number when a signal ended it.
 */
export async function attach(
  prepared: PreparedRunView,
  { home, terminal }: { readonly home: string; readonly terminal: string },
): Promise<number> {
  const [program, ...args] = prepared.argv;
  if (program === undefined) throw new PlatformError("invalid_input", emptyRun);
  const child = start([program, ...args], {
    stdio: stdioWithArgs(),
    env: { ...bareEnv, TERM: terminal },
    ...(await accountOf(home)),
  });
  // The type knows the first five descriptors only.
  const pipe = (child.stdio as readonly unknown[])[argsDescriptor];
  if (pipe instanceof Writable) {
    // A program that fails early closes its end; its exit code says all there is to say.
    pipe.on("error", () => {});
    pipe.end(prepared.args);
  }
  const release = passSignals(child);
  try {
    const { code, signal } = await ended(child);
    return code ?? 128 + numberOf(signal);
  } finally {
    release();
  }
}

const emptyRun = { field: "run", problem: "the server prepared no program" };

function stdioWithArgs(): StartOptions["stdio"] {
  const unused = Array.from({ length: argsDescriptor - 3 }, () => "ignore" as const);
  return ["inherit", "inherit", "inherit", ...unused, "pipe"];
}

/** Root becomes the owner of the home; anybody else is that already, or is refused by the files. */
async function accountOf(home: string): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const { uid, gid } = await stat(home);
  return uid === 0 ? {} : { uid, gid };
}

/** Ctrl-C reaches the program by the terminal itself, and must not end us before it. */
function passSignals(child: ReturnType<typeof start>): () => void {
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => {};
  process.on("SIGINT", ignore).on("SIGQUIT", ignore);
  for (const signal of forwarded) process.on(signal, pass);
  return () => {
    process.off("SIGINT", ignore).off("SIGQUIT", ignore);
    for (const signal of forwarded) process.off(signal, pass);
  };
}

function numberOf(signal: string | null): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return numbers[signal ?? ""] ?? 0;
}
