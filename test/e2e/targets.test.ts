import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { exec } from "#lib/exec.ts";

/** What a bench measured, with as few runs as will do. */
async function bench(name: string, ...args: string[]): Promise<Record<string, unknown>> {
  const program = join(import.meta.dirname, "../../bench", `${name}.ts`);
  const printed = await exec([process.execPath, program, "--json", ...args], {
    env: process.env,
    timeoutMs: 120_000,
  });
  return JSON.parse(printed) as Record<string, unknown>;
}

test("a push is live within twice the time of a bare push and the app's own boot", async () => {
  const { ratio, underLoad } = await bench("deploy", "--runs", "7", "--deploys", "3");
  assert.ok(Number(ratio) <= 2, `${Number(ratio).toFixed(2)} times the floor`);
  assert.equal((underLoad as { failures: number }).failures, 0);
});
