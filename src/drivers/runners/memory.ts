import type { Outcome, Runner, RunOptions, SandboxCommand } from "#domain/runner.ts";

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
  return {
    ran,
    programs,
    run: async (command, options) => {
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
    },
    prepare: ({ command }) => ({ argv: [command], args: "" }),
  };
}
