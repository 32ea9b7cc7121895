import type { ConfigVars } from "./config-var.ts";
import type { ExitStatus } from "./instance.ts";
import type { Limits } from "./limits.ts";

/** One command to its end, inside the sandbox: a build step, a hook, a one-off command. */
export type SandboxCommand = {
  /** The user's own command line, read by a shell inside the user's own sandbox. */
  readonly command: string;
  /** The tree at /app. */
  readonly dir: string;
  readonly writable: boolean;
  /** A directory that stays between builds of the same app, at /cache; null for none. */
  readonly cacheDir: string | null;
  readonly env: ConfigVars;
  readonly limits: Limits;
};

export type Outcome = ExitStatus & { readonly timedOut: boolean };

export type RunOptions = {
  readonly onOutput: (chunk: Uint8Array) => void;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
};

/** Runs one command to its end, never longer than its caller lives. */
export type Runner = {
  readonly run: (command: SandboxCommand, options: RunOptions) => Promise<Outcome>;
  /** The program and arguments that a client in the same account runs itself, keeping its terminal. */
  readonly prepare: (command: SandboxCommand) => { argv: string[]; args: string };
};
