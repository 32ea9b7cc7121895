import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { Privileges, Verb, VerbArguments } from "#domain/privileges.ts";
import { parseFailure, sessionFrames } from "#domain/runner.ts";
import { framesOf } from "#lib/frames.ts";

const answerBytesMax = 64 * 1024 * 1024;
const triesMax = 40;
const retryMs = 250;

/** berth-root, as it is spoken to: a connection for each verb, a request in a line, answers in frames. */
export type RootClient = {
  readonly call: Privileges["call"];
  /** A conversation with a program that runs. */
  readonly open: (command: VerbArguments<"runCommand">) => Duplex;
};

/** @param connect Makes a new connection. */
export function createRootClient(connect: () => Duplex): RootClient {
  return {
    call: async (verb, args) => {
      for (let tries = 1; ; tries += 1) {
        try {
          // The helper's table has the same types.
          return (await answerOf(ask(connect(), verb, args))) as never;
        } catch (error) {
          if (!isAway(error)) throw error;
          if (tries === triesMax) throw unreachable(error);
          await sleep(retryMs);
        }
      }
    },
    open: (command) => ask(connect(), "runCommand", command),
  };
}

function ask<V extends Verb>(connection: Duplex, verb: V, args: VerbArguments<V>): Duplex {
  connection.on("error", () => {});
  connection.write(`${JSON.stringify({ verb, args })}\n`);
  return connection;
}

/** @throws {PlatformError} whatever the helper answered; a system error when it is away. */
async function answerOf(connection: Duplex): Promise<unknown> {
  try {
    for await (const { type, payload } of framesOf(connection, answerBytesMax)) {
      // The helper is trusted by berthd; the other way round nothing is.
      if (type === sessionFrames.result) return JSON.parse(payload.toString()).value;
      if (type === sessionFrames.failure) throw parseFailure(payload.toString());
    }
  } finally {
    connection.destroy();
  }
  throw Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" });
}

/** Restarted at this moment: what was asked may be asked again. */
function isAway(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes(
    code,
  );
}

function unreachable(error: unknown): PlatformError {
  const problem = error instanceof Error ? error.message : String(error);
  return new PlatformError("helper_unreachable", { problem }, { cause: error });
}
