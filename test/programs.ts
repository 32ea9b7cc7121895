import { bareEnv, ended, start } from "#lib/exec.ts";

/** What a program printed and how it ended. */
export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs a program to its end, whatever that is. */
export async function runProgram(
  argv: readonly [string, ...string[]],
  options: {
    readonly cwd?: string;
    readonly env?: Record<string, string>;
    readonly uid?: number;
    readonly gid?: number;
    /** Descriptors that it has besides. */
    readonly also?: readonly (number | "ignore")[];
  } = {},
): Promise<Ran> {
  const { also = [], ...how } = options;
  const child = start(argv, {
    stdio: ["ignore", "pipe", "pipe", ...also],
    ...how,
    env: { ...bareEnv, HOME: "/nonexistent", ...options.env },
  });
  const [out, err]: Buffer[][] = [[], []];
  child.stdout?.on("data", (chunk: Buffer) => out?.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => err?.push(chunk));
  const { code } = await ended(child);
  const textOf = (chunks: Buffer[] = []) => Buffer.concat(chunks).toString("utf8");
  return { code, stdout: textOf(out), stderr: textOf(err) };
}

/** `git` in a tree, to its end. */
export function git(tree: string, ...args: string[]): Promise<Ran> {
  return runProgram(["git", "-C", tree, ...args]);
}
