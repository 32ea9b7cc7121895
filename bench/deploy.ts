/**
 * From `git push` to the first answer of the new release, beside the floor: a bare push over SSH
 * and the app's own boot, taken in turn in the same run. Then deploys under a constant load.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { commit, startPlatform, type Platform } from "../test/platform.ts";
import { runProgram } from "../test/programs.ts";
import { sshScript } from "../test/ssh.ts";
import { startFloor } from "./floor.ts";
import { median, ms, percentile, verdict } from "./numbers.ts";
import { startVisitors } from "./visitors.ts";

const node = join(import.meta.dirname, "../node_modules/node/bin/node");
const targets = { ratioMax: 2, ratioAim: 1.5, failuresMax: 0 };

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "15" },
    deploys: { type: "string", default: "50" },
    json: { type: "boolean", default: false },
  },
});
const runs = Math.min(200, Math.max(1, Number(values.runs)));
const deploys = Math.min(500, Math.max(0, Number(values.deploys)));

type Result = {
  readonly runs: number;
  readonly plainPushMs: number;
  readonly bootMs: number;
  readonly floorMs: number;
  readonly pushToLiveMs: number;
  readonly ratio: number;
  readonly underLoad: {
    readonly deploys: number;
    readonly requests: number;
    readonly failures: number;
    readonly p99Ms: number;
  };
};

await using platform = await startPlatform();
// People's own ssh exchanges keys in its usual way.
await writeFile(platform.ssh, sshScript(join(platform.folder, "owner"), platform.folder, []));
const result = await measure(platform);
console.log(values.json ? JSON.stringify(result, null, 2) : tableOf(result));

async function measure(berth: Platform): Promise<Result> {
  await runProgram(["mkdir", "-p", join(berth.folder, "floor")]);
  await using floor = await startFloor(berth);
  assert.equal((await berth.berth("apps:create", "bench")).code, 0);
  const [tree, plainTree] = [await berth.tree(server(0)), await berth.tree(server(0))];
  const taken = { plain: [] as number[], boot: [] as number[], live: [] as number[] };
  await pushToLive(berth, tree, 0);
  await floor.pushMs(plainTree);
  for (let run = 1; run <= runs; run += 1) {
    await commit(plainTree, server(run));
    taken.plain.push(await floor.pushMs(plainTree));
    taken.boot.push(await floor.bootMs(plainTree, node));
    await commit(tree, server(run));
    taken.live.push(await pushToLive(berth, tree, run));
  }
  const [plainPushMs, bootMs, pushToLiveMs] = [
    median(taken.plain),
    median(taken.boot),
    median(taken.live),
  ];
  const floorMs = plainPushMs + bootMs;
  const underLoad = await deployUnderLoad(berth, tree);
  return {
    runs,
    plainPushMs,
    bootMs,
    floorMs,
    pushToLiveMs,
    ratio: pushToLiveMs / floorMs,
    underLoad,
  };
}

/** Time until a visitor sees the pushed release, who looks all the time. */
async function pushToLive(berth: Platform, tree: string, run: number): Promise<number> {
  const before = performance.now();
  const pushed = berth.push(tree, "bench");
  let hasEnded = false;
  void pushed.then(() => (hasEnded = true));
  for (;;) {
    const { body } = await berth.visit("bench.localhost");
    if (body === `release ${run}`) break;
    if (hasEnded) assert.equal((await pushed).code, 0, (await pushed).stderr);
    await new Promise((wait) => setTimeout(wait, 2));
  }
  const took = performance.now() - before;
  assert.equal((await pushed).code, 0);
  return took;
}

async function deployUnderLoad(berth: Platform, tree: string): Promise<Result["underLoad"]> {
  const visitors = startVisitors({
    port: berth.ports.direct,
    host: "bench.localhost",
    perSecond: 500,
  });
  for (let count = 1; count <= deploys; count += 1) {
    await commit(tree, server(runs + count));
    const pushed = await berth.push(tree, "bench");
    assert.equal(pushed.code, 0, pushed.stderr);
  }
  const { requests, failures, latenciesMs } = await visitors.stop();
  for (const failure of new Set(failures)) console.error(`failed request: ${failure}`);
  return { deploys, requests, failures: failures.length, p99Ms: percentile(latenciesMs, 0.99) };
}

function server(run: number): Record<string, string> {
  const text = `require("node:http").createServer((q, s) => s.end("release ${run}")).listen(process.env.PORT);\n`;
  return { "server.js": text, Procfile: "web: node server.js\n" };
}

function tableOf(measured: Result): string {
  const { ratio, underLoad } = measured;
  const isFast = ratio <= targets.ratioMax;
  return [
    `Medians of ${measured.runs} runs, taken in turn`,
    `  plain git push over SSH   ${ms(measured.plainPushMs)}`,
    `  the app's own boot        ${ms(measured.bootMs)}`,
    `  floor, both together      ${ms(measured.floorMs)}`,
    `  push to live with Berth   ${ms(measured.pushToLiveMs)}`,
    `  ratio                     ${ratio.toFixed(2)}  (at most ${targets.ratioMax}: ${verdict(isFast)}; aim ${targets.ratioAim}: ${verdict(ratio <= targets.ratioAim)})`,
    `${underLoad.deploys} deploys under 500 requests/s`,
    `  requests                  ${underLoad.requests}`,
    `  failed                    ${underLoad.failures}  (at most ${targets.failuresMax}: ${verdict(underLoad.failures <= targets.failuresMax)})`,
    `  99th percentile           ${ms(underLoad.p99Ms)}`,
  ].join("\n");
}
