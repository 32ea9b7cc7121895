import { RemoteError } from "#api/client.ts";
import { PlatformError, type ErrorKind } from "#domain/errors.ts";
import type { Output } from "./output.ts";

const exitCodes = {
  failed: 1,
  invalid: 2,
  not_found: 3,
  conflict: 4,
  denied: 5,
  busy: 6,
} as const satisfies Record<ErrorKind, number>;

/** The exit code by which scripts tell failures apart. */
export function exitCodeOf(error: unknown): number {
  return isExpected(error) ? exitCodes[error.kind] : exitCodes.failed;
}

/** Says what went wrong and what to do: a sentence and a hint, or JSON. */
export function printError(error: unknown, out: Output): void {
  const { code, message, hint } = isExpected(error)
    ? error
    : { code: "internal", message: unexpected(error), hint: "" };
  if (out.json) return out.errorValue({ error: { code, message, hint } });
  for (const line of `berth: ${message}`.split("\n")) out.note(line);
  if (hint !== "") out.note(`  → ${hint}`);
}

function isExpected(error: unknown): error is PlatformError | RemoteError {
  return error instanceof PlatformError || error instanceof RemoteError;
}

/** A mistake of ours: its stack helps whoever reports it. */
function unexpected(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
