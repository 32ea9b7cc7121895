import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { exec } from "#lib/exec.ts";

/**
 * The targets of the issues, by the benches themselves with as few runs as will do: each compares
 * inside one run. This file runs with nothing beside it.
 */
async function bench<Result>(name: string, ...args: string[]): Promise<Result> {
  const program = join(import.meta.dirname, "../../bench", `${name}.ts`);
  const printed = await exec([process.execPath, program, "--json", ...args], {
    env: process.env,
    timeoutMs: 120_000,
  });
  // What the bench prints is its own.
  return JSON.parse(printed) as Result;
}

test("a push is live within twice the time of a bare push and the app's own boot", async (t) => {
  type Result = { ratio: number; underLoad: { failures: number } };
  const { ratio, underLoad } = await bench<Result>("deploy", "--runs", "7", "--deploys", "3");
  t.diagnostic(`${ratio.toFixed(2)} times`);
  assert.ok(ratio <= 2, `${ratio.toFixed(2)} times the floor`);
  assert.equal(underLoad.failures, 0);
});

type Comparison = { readonly routes: number; readonly cpuRatio: number };
type Router = {
  readonly comparisons: readonly Comparison[];
  readonly changeMs: number;
  readonly staleAnswers: number;
  readonly workerMb: number;
};

const routerShareMin = 0.9;

test("with 10,000 routes the router keeps up with an nginx written by hand", async (t) => {
  const measure = async (...length: string[]) => {
    const result = await bench<Router>("router", ...length);
    const { cpuRatio } = result.comparisons.find(({ routes }) => routes === 10_000)!;
    t.diagnostic(`${(cpuRatio * 100).toFixed(1)} % by processor time, ${result.workerMb} MB`);
    return { ...result, cpuRatio };
  };
  // A run of seconds differs by some points: what it cannot tell, a longer one says.
  const short = await measure("--runs", "7", "--seconds", "1");
  const result =
    short.cpuRatio < routerShareMin ? await measure("--runs", "15", "--seconds", "1") : short;
  assert.ok(result.cpuRatio >= routerShareMin, `${(result.cpuRatio * 100).toFixed(1)} %`);
  assert.ok(result.changeMs <= 10, `a changed route is seen after ${result.changeMs} ms`);
  assert.equal(result.staleAnswers, 0);
  assert.ok(result.workerMb < 40, `a worker takes ${result.workerMb} MB`);
});

/** 120 MB with 100 apps, of which each adds 0.16 MB. */
const residentMbMax = 105;

test("berthd does next to nothing while nothing happens", async (t) => {
  type Result = { residentMb: number; cpuPercent: number };
  const { residentMb, cpuPercent } = await bench<Result>("idle", "--apps", "5", "--seconds", "15");
  t.diagnostic(`${residentMb.toFixed(0)} MB, ${cpuPercent.toFixed(2)} %`);
  assert.ok(residentMb < residentMbMax, `${residentMb} MB`);
  assert.ok(cpuPercent < 0.5, `${cpuPercent} %`);
});
