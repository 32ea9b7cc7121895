import { constants } from "node:os";
import type { ExitStatus } from "#domain/instance.ts";

const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

/** How a sandboxed program ended; bwrap passes a death by signal n on as the exit code 128 + n. */
export function exitOf(code: number | null, signal: string | null): ExitStatus {
  if (signal !== null) return { code: null, signal };
  const inner = code !== null && code > 128 ? signalNames.get(code - 128) : undefined;
  return inner === undefined ? { code, signal: null } : { code: null, signal: inner };
}

/** Reads what an instance's `finish` noted: `<code> <signal number>`, the code 256 for a signal. */
export function parseExit(text: string): ExitStatus | null {
  const [, code, signal] = /^(\d{1,3}) (\d{1,3})\s*$/.exec(text) ?? [];
  if (code === undefined || signal === undefined) return null;
  if (code === "256") return exitOf(null, signalNames.get(Number(signal)) ?? `signal ${signal}`);
  return exitOf(Number(code), null);
}
