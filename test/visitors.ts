import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { ended, start, type ChildProcess } from "#lib/exec.ts";

/**
 * Visitors of an app who are as good as on a machine of their own: a program that goes before all
 * others on the first processor, with one thread. A test that asked itself would be measured too:
 * the threads that tidy up its memory take the processor from whom they are to judge.
 */
export class Visitors {
  readonly #child: ChildProcess;
  readonly #answers: Interface;

  constructor(where: { readonly port: number; readonly host: string }) {
    const program = join(import.meta.dirname, "visitors-program.ts");
    const flags = ["--single-threaded", "--expose-gc", "--min-semi-space-size=64"];
    const first = ["nice", "-n", "-20", "taskset", "-c", "0"] as const;
    const asked = [process.execPath, ...flags, program, String(where.port), where.host];
    this.#child = start([...first, ...asked], { stdio: ["pipe", "pipe", "inherit"] });
    assert.ok(this.#child.stdout);
    this.#answers = createInterface({ input: this.#child.stdout });
  }

  /** How long each visit took, in milliseconds. None may fail. */
  async visitFor(ms: number): Promise<readonly number[]> {
    this.#child.stdin?.write(`${ms}\n`);
    const [line] = (await once(this.#answers, "line")) as [string];
    const { tookMs, problem } = JSON.parse(line) as { tookMs: number[]; problem: string };
    assert.equal(problem, "");
    assert.ok(tookMs.length > 50, `${tookMs.length} requests are too few`);
    return tookMs;
  }

  async leave(): Promise<void> {
    this.#child.stdin?.end();
    await ended(this.#child);
  }
}
