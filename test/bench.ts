import { join } from "node:path";
import { exec } from "#lib/exec.ts";

/** What a bench measured. Those that measure time or load belong into a test that runs alone. */
export async function bench<Result>(name: string, ...args: string[]): Promise<Result> {
  const program = join(import.meta.dirname, "../bench", `${name}.ts`);
  const printed = await exec([process.execPath, program, "--json", ...args], {
    env: process.env,
    timeoutMs: 120_000,
  });
  // What the bench prints is its own.
  return JSON.parse(printed) as Result;
}

/** A run of seconds differs by some points: what a short one does not show, a longer one decides. */
export async function judged<Result>(
  measure: (args: readonly string[]) => Promise<Result>,
  isMet: (result: Result) => boolean,
  { short, long }: { readonly short: readonly string[]; readonly long: readonly string[] },
): Promise<Result> {
  const first = await measure(short);
  return isMet(first) ? first : measure(long);
}
