import { randomUUID } from "node:crypto";
import { parseFailure, sessionFrames } from "#domain/runner.ts";
import { framesOf } from "#lib/frames.ts";
import type { RootClient } from "./client.ts";

const frameBytesMax = 1024 * 1024;
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
  const how = { isRelay: false, isConfined: false, takesInput: false, timeoutMs };
  const connection = open({ name, user, program: { argv: [...argv], files: [] }, ...how });
  const printed: Buffer[] = [];
  try {
    for await (const { type, payload } of framesOf(connection, frameBytesMax)) {
      if (type === sessionFrames.output) printed.push(payload);
      if (type === sessionFrames.failure) throw parseFailure(payload.toString());
      if (type === sessionFrames.result) break;
    }
  } finally {
    connection.destroy();
  }
  return Buffer.concat(printed).toString();
}
