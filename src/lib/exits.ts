import { constants } from "node:os";

const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

function signalName(number: number): string {
  return signalNames.get(number) ?? `signal ${number}`;
}

/** How a sandboxed program ended; bwrap passes a death by signal n on as the exit code 128 + n. */
export function exitOf(
  code: number | null,
  signal: string | null,
): { code: number | null; signal: string | null } {
  if (signal !== null) return { code: null, signal };
  const inner = code !== null && code > 128 ? signalNames.get(code - 128) : undefined;
  return inner === undefined ? { code, signal: null } : { code: null, signal: inner };
}

/**
 * The same from `<code> <signal number>`, the code 256 for a signal; null from anything else.
 * @see s6-supervise(8)
 */
export function exitFrom(note: string): ReturnType<typeof exitOf> | null {
  const [, code, signal] = /^(\d{1,3}) (\d{1,3})\s*$/.exec(note) ?? [];
  if (code === undefined || signal === undefined) return null;
  return code === "256" ? exitOf(null, signalName(Number(signal))) : exitOf(Number(code), null);
}
