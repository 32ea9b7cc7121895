import { randomUUID } from "node:crypto";
import { sessionFrames } from "#domain/runner.ts";
import type { RootClient } from "./client.ts";
import { relayed, relayWords } from "./relay.ts";

const timeoutMs = 60_000;

/**
 * Runs a small program of the system as an app's user, outside of any sandbox and of any limit that
 * the app has come to; gives what it printed, however it ended.
 */
export async function runAsUser(
  { open }: RootClient,
  user: number,
  argv: readonly string[],
): Promise<string> {
  const name = `c${randomUUID()}`;
  const program = { argv: [...relayWords({ takesInput: false }), ...argv], files: [] };
  const connection = open({ name, user, program, isConfined: false });
  const late = setTimeout(() => connection.end(), timeoutMs);
  const printed: Buffer[] = [];
  try {
    for await (const { type, payload } of relayed(connection))
      if (type === sessionFrames.output) printed.push(payload);
  } finally {
    clearTimeout(late);
    connection.destroy();
  }
  return Buffer.concat(printed).toString();
}
