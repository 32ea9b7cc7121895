import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";

export type { ChildProcess };

/** A program that ended badly, with all that is known of it. */
export class ExecError extends Error {
  override readonly name = "ExecError";
  readonly argv: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  /** It printed more than is kept. */
  readonly tooMuch: boolean;
  readonly stderrTail: string;

  constructor(argv: readonly string[], end: ExecEnd) {
    super(`${argv[0]} ${describeEnd(end)}: ${end.stderrTail.trim().slice(-500)}`);
    this.argv = argv;
    this.code = end.code;
    this.signal = end.signal;
    this.timedOut = end.timedOut;
    this.tooMuch = end.tooMuch;
    this.stderrTail = end.stderrTail;
  }
}

type ExecEnd = {
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  tooMuch: boolean;
  stderrTail: string;
};

function describeEnd({ code, signal, timedOut, tooMuch }: ExecEnd): string {
  if (tooMuch) return "printed too much";
  if (timedOut) return "took too long";
  return signal ? `was killed by ${signal}` : `exited with code ${code}`;
}

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
 * @throws {ExecError} when it does not exit with 0, takes longer than `timeoutMs`, or prints more
 *   than 64 MiB: a part of it would be taken for the whole.
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
  const output = collect(child);
  let timedOut = false;
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    const { code, signal } = await ended(child);
    const { stderrTail, tooMuch } = output;
    if (code !== 0 || tooMuch)
      throw new ExecError(argv, { code, signal, timedOut, tooMuch, stderrTail });
    return Buffer.concat(output.chunks).toString("utf8");
  } finally {
    clearTimeout(timer);
  }
}

/** Keeps what a program prints, and ends it when that is too much. */
function collect(child: ChildProcess): { chunks: Buffer[]; stderrTail: string; tooMuch: boolean } {
  const kept = { chunks: [] as Buffer[], stderrTail: "", tooMuch: false };
  let bytes = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    kept.tooMuch = bytes > stdoutBytesMax;
    if (kept.tooMuch) child.kill("SIGKILL");
    else kept.chunks.push(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    kept.stderrTail = (kept.stderrTail + chunk.toString("utf8")).slice(-stderrTailMax);
  });
  return kept;
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
  // Whoever asks only now is told no more.
  const { exitCode: code, signalCode: signal } = child;
  const isRead = child.stdio.every((it) => it?.destroyed ?? true);
  if ((code !== null || signal !== null) && isRead) resolve({ code, signal });
  return promise;
}
