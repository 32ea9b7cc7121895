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
      ran.push(command);
      const outcome = await programs.get(command.command)?.(options);
      if (options.signal.aborted) return { code: null, signal: "SIGKILL", timedOut: false };
      return { code: 0, signal: null, timedOut: false, ...outcome };
    },
    prepare: ({ command }) => ({ argv: [command], args: "" }),
  };
}
