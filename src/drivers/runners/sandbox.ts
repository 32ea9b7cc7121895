import { setTimeout as sleep } from "node:timers/promises";
import { revealVars } from "#domain/config-var.ts";
import { PlatformError } from "#domain/errors.ts";
import type { CommandProgram, Privileges } from "#domain/privileges.ts";
import {
  parseFailure,
  sessionFrames,
  type Outcome,
  type Runner,
  type RunOptions,
  type SandboxCommand,
  type Session,
} from "#domain/runner.ts";
import { framesOf } from "#lib/frames.ts";
import { frameBytesMax, outcomeFrom, watchedSession } from "./watched-session.ts";

const killed: Outcome = { code: null, signal: "SIGKILL", timedOut: false };
/** The longest that a timer can be set for. */
const timeoutMsMax = 2 ** 31 - 1;
const triesMax = 40;
const retryMs = 250;

/** Commands in bubblewrap, on this machine. */
export function createSandboxRunner(privileges: Privileges): Runner {
  return {
    run: async (command, options) => {
      const asked = { ...argumentsOf(command, options.timeoutMs), takesInput: false };
      for (let tries = 1; ; tries += 1) {
        if (options.signal.aborted) return killed;
        try {
          return await follow(privileges.openCommand({ ...asked, terminal: null }), options);
        } catch (error) {
          // Nothing has begun; any other failure may have left half of it done.
          if (!isNotThere(error) || tries === triesMax) throw failureOf(error);
          await sleep(retryMs);
        }
      }
    },
    open: (command, { terminal, ...options }) => {
      const asked = { ...argumentsOf(command, options.timeoutMs), takesInput: true, terminal };
      return watchedSession(privileges.openCommand(asked), options);
    },
  };
}

/** Here, at the last step before the program, secrets are opened. */
function argumentsOf({ app, ...command }: SandboxCommand, timeoutMs: number) {
  return {
    ...command,
    env: revealVars(command.env),
    appId: app.id,
    user: app.userNumber,
    network: app.network,
    timeoutMs: Math.min(timeoutMs, timeoutMsMax),
  } satisfies Partial<CommandProgram>;
}

/** Gives the output on and resolves with the end; closing the session ends the command. */
async function follow(session: Session, { onOutput, signal }: RunOptions): Promise<Outcome> {
  signal.addEventListener("abort", session.close);
  try {
    for await (const { type, payload } of framesOf(session.bytes, frameBytesMax)) {
      if (type === sessionFrames.output || type === sessionFrames.errorOutput) onOutput(payload);
      if (type === sessionFrames.failure) throw parseFailure(payload.toString());
      if (type === sessionFrames.result) return outcomeFrom(payload.toString());
    }
    if (signal.aborted) return killed;
    throw new PlatformError("helper_lost", { what: "a command" });
  } catch (error) {
    if (signal.aborted) return killed;
    throw error;
  } finally {
    signal.removeEventListener("abort", session.close);
    session.close();
  }
}

function isNotThere(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "ENOENT" || code === "ECONNREFUSED";
}

function failureOf(error: unknown): unknown {
  if (error instanceof PlatformError) return error;
  return isNotThere(error)
    ? new PlatformError("helper_unreachable", { problem: "nobody listens" }, { cause: error })
    : new PlatformError("helper_lost", { what: "a command" }, { cause: error });
}
