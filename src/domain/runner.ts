import type { App } from "./app.ts";
import type { ConfigVars } from "./config-var.ts";
import { PlatformError, type ErrorCode, type ErrorDetails } from "./errors.ts";
import type { ExitStatus } from "./instance.ts";
import type { Limits } from "./limits.ts";

/** One command to its end, inside the sandbox: a build step, a hook, a one-off command. */
export type SandboxCommand = {
  readonly app: Pick<App, "id" | "userNumber" | "network">;
  /** The tree at /app. */
  readonly artifactId: number;
  /** The artifact still grows: it can be written to, and the app's cache is at /cache. */
  readonly building: boolean;
  /** The user's own command line, read by a shell inside the user's own sandbox. */
  readonly command: string;
  readonly env: ConfigVars;
  readonly limits: Limits;
};

export type Outcome = ExitStatus & {
  readonly timedOut: boolean;
  /** A build was ended because what it wrote, its cache with it, outgrew the limit. */
  readonly outOfDisk?: boolean;
};

export type RunOptions = {
  readonly onOutput: (chunk: Uint8Array) => void;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
};

/** The size of a terminal, in characters. */
export type TerminalSize = { readonly columns: number; readonly rows: number };

/** `onOutput` is given what passes by; `signal` ends the command, and its reason is told. */
export type SessionOptions = RunOptions & {
  /** Null for plain pipes. */
  readonly terminal: (TerminalSize & { readonly kind: string }) | null;
};

/** A session, and how its command ended: null when nobody looked on until then. */
export type CommandSession = Session & { readonly outcome: Promise<Outcome | null> };

/**
 * A command that somebody talks to, as the bytes of a conversation in frames (`sessionFrames`).
 * Whoever only passes it on need not look inside. Closing it ends the command.
 */
export type Session = {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Resolves when there is room for more. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly close: () => void;
};

/** What the frames of a session are. To the command: input, its end, a new size. From it: the rest. */
export const sessionFrames = {
  input: 0,
  output: 1,
  errorOutput: 2,
  resize: 3,
  endOfInput: 4,
  /** JSON: `{"value": …}`, for a command its `Outcome`. The last one. */
  result: 8,
  /** JSON: `{"code", "details"}` of a `PlatformError`. The last one. */
  failure: 9,
} as const;

/** The failure that a session's last frame tells. */
export function parseFailure(json: string): PlatformError {
  // Written by our own code, from a `PlatformError`.
  const { code, details } = JSON.parse(json) as { code: ErrorCode; details: ErrorDetails };
  return new PlatformError(code, details);
}

/** Longest payload of a frame towards the command. */
export const inputBytesMax = 64 * 1024;

/** Runs one command to its end, never longer than its caller lives. */
export type Runner = {
  readonly run: (command: SandboxCommand, options: RunOptions) => Promise<Outcome>;
  /** Starts a command that somebody talks to. */
  readonly open: (command: SandboxCommand, options: SessionOptions) => CommandSession;
};
