import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";

/** A program that ended badly, with all that is known of it. */
export class ExecError extends Error {
  override readonly name = "ExecError";
  readonly argv: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stderrTail: string;

  constructor(argv: readonly string[], end: ExecEnd) {
    const how = end.timedOut
      ? "took too long"
      : end.signal
        ? `was killed by ${end.signal}`
        : `exited with code ${end.code}`;
    super(`${argv[0]} ${how}: ${end.stderrTail.trim().slice(-500)}`);
    this.argv = argv;
    this.code = end.code;
    this.signal = end.signal;
    this.timedOut = end.timedOut;
    this.stderrTail = end.stderrTail;
  }
}

type ExecEnd = {
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  stderrTail: string;
};

export type ExecOptions = {
  readonly cwd?: string;
  /** The whole environment; nothing is inherited unless it stands here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** 60,000 by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly uid?: number;
  readonly gid?: number;
};

/** The environment of a program that needs nothing of ours. */
export const bareEnv = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
} as const;

const stdoutBytesMax = 64 * 1024 * 1024;
const stderrTailMax = 16 * 1024;

/**
 * Runs a program to its end and gives what it printed. Arguments go through no shell.
 * @throws {ExecError} when it does not exit with 0, or takes longer than `timeoutMs`.
 */
export async function exec(
  argv: readonly [string, ...string[]],
  options: ExecOptions = {},
): Promise<string> {
  const { timeoutMs = 60_000, input, ...rest } = options;
  const child = start(argv, {
    ...rest,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const out: Buffer[] = [];
  let outBytes = 0;
  let stderrTail = "";
  let timedOut = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    outBytes += chunk.length;
    if (outBytes <= stdoutBytesMax) out.push(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderrTail = (stderrTail + chunk.toString("utf8")).slice(-stderrTailMax);
  });
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    const { code, signal } = await ended(child);
    if (code !== 0) throw new ExecError(argv, { code, signal, timedOut, stderrTail });
    return Buffer.concat(out).toString("utf8");
  } finally {
    clearTimeout(timer);
  }
}

export type StartOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdio: StdioOptions;
  readonly signal?: AbortSignal;
  readonly detached?: boolean;
  readonly uid?: number;
  readonly gid?: number;
};

/** Starts a program without waiting for it. Arguments go through no shell. */
export function start(argv: readonly [string, ...string[]], options: StartOptions): ChildProcess {
  const [program, ...args] = argv;
  const env = { ...(options.env ?? bareEnv) };
  return spawn(program, args, { ...options, env, shell: false, killSignal: "SIGKILL" });
}

/** Resolves when a program has ended and its output is read; rejects when it could not be started. */
export async function ended(
  child: ChildProcess,
): Promise<{ code: number | null; signal: string | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    code: number | null;
    signal: string | null;
  }>();
  child.once("error", (error) => {
    if (error.name !== "AbortError") reject(error);
  });
  child.once("close", (code, signal) => resolve({ code, signal }));
  return promise;
}
