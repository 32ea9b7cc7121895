import {
  sessionFrames,
  type Outcome,
  type Runner,
  type RunOptions,
  type SandboxCommand,
} from "#domain/runner.ts";
import { encodeFrame } from "#lib/frames.ts";
import { watchedSession } from "./watched-session.ts";

export type MemoryRunner = Runner & {
  /** Command line → what happens when it is run; by default it ends well and prints nothing. */
  readonly programs: Map<string, (options: RunOptions) => Promise<Partial<Outcome> | void>>;
  /** Every command that was run, in order. */
  readonly ran: SandboxCommand[];
};

/** A runner that runs nothing. */
export function createMemoryRunner(): MemoryRunner {
  const ran: SandboxCommand[] = [];
  const programs: MemoryRunner["programs"] = new Map();
  const run = async (command: SandboxCommand, options: RunOptions): Promise<Outcome> => {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const end = AbortSignal.any([options.signal, timeout]);
    const killed = { code: null, signal: "SIGKILL" } as const;
    if (end.aborted) return { ...killed, timedOut: false };
    ran.push(command);
    const { promise, resolve } = Promise.withResolvers<void>();
    end.addEventListener("abort", () => resolve());
    const outcome = await Promise.race([programs.get(command.command)?.(options), promise]);
    if (end.aborted) return { ...killed, timedOut: timeout.aborted };
    return { code: 0, signal: null, timedOut: false, ...outcome };
  };
  return {
    ran,
    programs,
    run,
    open: (command, { timeoutMs, signal, onOutput }) => {
      const closed = new AbortController();
      const session = {
        bytes: conversation(run, command, { timeoutMs, signal: closed.signal }),
        write: async () => {},
        close: () => closed.abort(),
      };
      return watchedSession(session, { signal, onOutput });
    },
  };
}

/** Everything that was printed, then how it ended. */
async function* conversation(
  run: Runner["run"],
  command: SandboxCommand,
  options: Omit<RunOptions, "onOutput">,
): AsyncGenerator<Uint8Array> {
  const output: Uint8Array[] = [];
  const value = await run(command, { ...options, onOutput: (chunk) => output.push(chunk) });
  for (const chunk of output) yield encodeFrame(sessionFrames.output, chunk);
  yield encodeFrame(sessionFrames.result, JSON.stringify({ value }));
}
