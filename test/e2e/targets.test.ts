import assert from "node:assert/strict";
import test from "node:test";
import { median, verdict } from "../../bench/numbers.ts";
import { bench, judged } from "../bench.ts";
import { isRoot } from "../privileges.ts";

/** The targets of the issues that others beside would change: this file runs alone. */

test("a push is live within twice the time of a bare push and the app's own boot", async (t) => {
  type Result = { ratio: number; underLoad: { failures: number } };
  const measure = async (args: readonly string[]) => {
    const result = await bench<Result>("deploy", ...args, "--deploys", "3");
    t.diagnostic(`${result.ratio.toFixed(2)} times`);
    assert.equal(result.underLoad.failures, 0);
    return result;
  };
  const isMet = ({ ratio }: Result) => ratio <= 2;
  const result = await judged(measure, isMet, { short: ["--runs", "7"], long: ["--runs", "15"] });
  assert.ok(isMet(result), `${result.ratio.toFixed(2)} times the floor`);
});

test("with 10,000 routes the router keeps up with an nginx written by hand", async (t) => {
  type Comparison = { routes: number; cpuRatio: number };
  type Result = {
    comparisons: Comparison[];
    changeMs: number;
    staleAnswers: number;
    workerMb: number;
  };
  const measure = async () => {
    const size = ["--routes", "10000", "--seconds", "1", "--runs", "4"];
    const result = await bench<Result>("router", ...size);
    const { cpuRatio } = result.comparisons.find(({ routes }) => routes === 10_000)!;
    t.diagnostic(`${(cpuRatio * 100).toFixed(1)} % by processor time, ${result.workerMb} MB`);
    return { ...result, cpuRatio };
  };
  // One start of nginx differs from the next by some points, however long each is asked: several
  // short ones tell more than a long one.
  const cpuRatioMin = 0.88;
  const startsMax = 5;
  const results = [await measure()];
  const cpuRatio = () => median(results.map((it) => it.cpuRatio));
  const changeMs = () => median(results.map((it) => it.changeMs));
  const isMet = () => cpuRatio() >= cpuRatioMin && changeMs() <= 10;
  while (!isMet() && results.length < startsMax) results.push(await measure());
  assert.ok(cpuRatio() >= cpuRatioMin, `${(cpuRatio() * 100).toFixed(1)} %`);
  assert.ok(changeMs() <= 10, `a changed route is seen after ${changeMs()} ms`);
  for (const { staleAnswers, workerMb } of results) {
    assert.equal(staleAnswers, 0);
    assert.ok(workerMb < 40, `a worker takes ${workerMb} MB`);
  }
});

test("with 1,000 apps and a million events pages are quick, and berthd small", async (t) => {
  type Result = Record<
    | "p99Ms"
    | "cpuMs"
    | "waitedPercent"
    | "quietStartMs"
    | "residentMb"
    | "percent"
    | "lineMs"
    | "failures",
    number
  >;
  const measure = async (args: readonly string[]) => {
    const result = await bench<Result>("api", ...args);
    const numbers = Object.entries(result).filter(([, value]) => typeof value === "number");
    t.diagnostic(numbers.map(([name, value]) => `${name} ${value.toFixed(1)}`).join(", "));
    return result;
  };
  const isMet = (result: Result) => {
    // Where others take the processor, what it does for a page counts alone.
    const isQuick = (result.p99Ms < 50 && result.lineMs < 300) || result.waitedPercent > 5;
    const isCheap = result.cpuMs < 50 && result.quietStartMs < 3000 && result.percent < 10;
    return isQuick && isCheap && result.residentMb < 250;
  };
  const length = { short: ["--seconds", "3"], long: ["--seconds", "12"] };
  const result = await judged(measure, isMet, length);
  assert.ok(isMet(result), JSON.stringify(result));
  assert.equal(result.failures, 0);
});

const noRoot = isRoot ? false : "only root can put the walls up";
test("walls cost an instance's start little, and 3 MB at most", { skip: noRoot }, async (t) => {
  type Sample = { readonly startMs: number };
  type Result = { bare: Sample; costMs: number; costMb: number };
  const measure = async (args: readonly string[]) => {
    const { bare, costMs, costMb } = await bench<Result>("sandbox", ...args);
    t.diagnostic(
      `${costMs.toFixed(1)} ms more than ${bare.startMs.toFixed(1)} (under 15: ${verdict(costMs < 15)}), ${costMb.toFixed(1)} MB`,
    );
    return { ratio: costMs / bare.startMs, costMs, costMb };
  };
  // Where everything takes longer, as beside other programs, this does in the same measure.
  const isMet = ({ ratio, costMs, costMb }: Awaited<ReturnType<typeof measure>>) =>
    (costMs < 15 || ratio < 0.5) && costMb < 3;
  const length = { short: ["--runs", "15"], long: ["--runs", "40"] };
  const result = await judged(measure, isMet, length);
  assert.ok(isMet(result), JSON.stringify(result));
});
