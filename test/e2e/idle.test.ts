import assert from "node:assert/strict";
import test from "node:test";
import { bench, judged } from "../bench.ts";

/** Only what berthd itself has of a processor is counted, which is the same beside others. */
test("berthd does next to nothing while nothing happens", async (t) => {
  type Result = { residentMb: number; cpuPercent: number };
  const measure = async (args: readonly string[]) => {
    const result = await bench<Result>("idle", "--apps", "3", ...args);
    t.diagnostic(`${result.residentMb.toFixed(0)} MB, ${result.cpuPercent.toFixed(2)} %`);
    return result;
  };
  // 120 MB with 100 apps, of which each takes 0.16 MB.
  const isMet = ({ residentMb, cpuPercent }: Result) => residentMb < 105 && cpuPercent < 0.5;
  const length = { short: ["--seconds", "10"], long: ["--seconds", "30"] };
  const { residentMb, cpuPercent } = await judged(measure, isMet, length);
  assert.ok(isMet({ residentMb, cpuPercent }), `${residentMb} MB, ${cpuPercent} %`);
});
