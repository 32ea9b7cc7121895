/**
 * Compares Berth's router with an nginx whose one server block a person wrote by hand, before the
 * same app: requests per second, processor time per request and latency with 1 and with 10,000
 * routes, what a change costs, and the memory of a worker. Runs alternate, so that both meet the
 * same machine. Where other programs want the processors too, requests per second say little;
 * the time that the worker itself took for each is the steadier number.
 */
import { readFile, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { RoutingTable } from "#domain/router.ts";
import { exec } from "#lib/exec.ts";
import { backend, host } from "../test/contract/router.ts";
import { freePorts, startNginx, until, type NginxWorld } from "../test/nginx.ts";
import { median, verdict } from "./numbers.ts";
import { appOf, referenceOf, startPlain } from "./router-by-hand.ts";

type Run = { readonly requestsPerS: number; readonly p99Ms: number; readonly cpuUs: number };
type Comparison = {
  readonly routes: number;
  readonly reference: Run;
  readonly berth: Run;
  /** Requests per second of Berth by those of the reference. */
  readonly ratio: number;
  /** Processor time per request of the reference by that of Berth: the median over the pairs. */
  readonly cpuRatio: number;
};
type Target = { readonly port: number; readonly worker: number };
type Result = {
  readonly comparisons: readonly Comparison[];
  readonly replaceMs: number;
  readonly changeMs: number;
  readonly changeMaxMs: number;
  readonly staleAnswers: number;
  readonly workerMb: number;
};

const routesMax = 10_000;
const connections = 64;
const targets = { ratio: 0.9, changeMs: 10, workerMb: 40 };

const { values } = parseArgs({
  options: {
    routes: { type: "string", multiple: true, default: ["1", String(routesMax)] },
    runs: { type: "string", default: "10" },
    seconds: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});
const runs = Math.min(100, Math.max(1, Number(values.runs)));
const seconds = Math.min(60, Math.max(1, Number(values.seconds)));

const result = await measureAll();
console.log(values.json ? JSON.stringify(result, null, 2) : tableOf(result));

async function measureAll(): Promise<Result> {
  await using nginx = await startNginx({ workers: 1 });
  const [appPort = 0, referencePort = 0] = await freePorts(2);
  await using _app = await startPlain(nginx.dir, "app", appOf(nginx.dir, appPort));
  const text = referenceOf(nginx.dir, { appPort, port: referencePort });
  await using byHand = await startPlain(nginx.dir, "reference", text);
  await until(async () => fetch(`http://127.0.0.1:${referencePort}/`));
  const reference = { port: referencePort, worker: await workerOf(byHand.pid) };

  const peer = `127.0.0.1:${appPort}`;
  const comparisons: Comparison[] = [];
  let replaceMs = 0;
  for (const routes of values.routes.map((it) => Math.min(routesMax, Number(it)))) {
    const before = performance.now();
    await nginx.router.replace(tableWith(routes, peer));
    replaceMs = performance.now() - before;
    comparisons.push(await compare(nginx, { routes, reference }));
  }
  await askEveryHost(nginx.settings.ports.direct);
  const workerMb = await workerMemoryMb(nginx.pid());
  return { comparisons, replaceMs, workerMb, ...(await measureChanges(peer)) };
}

function tableWith(routes: number, peer: string): RoutingTable {
  const numbers = Array.from({ length: routes }, (_, index) => index);
  return {
    hosts: Object.fromEntries(numbers.map((it) => [hostName(it), host({ "/": `${it}/web` })])),
    backends: Object.fromEntries(numbers.map((it) => [String(it), backend([peer])])),
  };
}

function hostName(index: number): string {
  return `app-${index}.bench.test`;
}

async function compare(
  nginx: NginxWorld,
  { routes, reference }: { routes: number; reference: Target },
): Promise<Comparison> {
  const script = join(nginx.dir, "hosts.lua");
  await writeFile(script, wrkScript(routes));
  const worker = await workerOf(nginx.pid());
  const compared = { reference, berth: { port: nginx.settings.ports.direct, worker } };
  for (const target of Object.values(compared)) await load(target, script, 1);
  const measured: Record<keyof typeof compared, Run[]> = { reference: [], berth: [] };
  const cpuRatios: number[] = [];
  while (cpuRatios.length < runs) {
    const byHand = await load(compared.reference, script, seconds);
    const berth = await load(compared.berth, script, seconds);
    measured.reference.push(byHand);
    measured.berth.push(berth);
    cpuRatios.push(byHand.cpuUs / berth.cpuUs);
  }
  const byHand = medianRun(measured.reference);
  const berth = medianRun(measured.berth);
  const ratio = berth.requestsPerS / byHand.requestsPerS;
  return { routes, reference: byHand, berth, ratio, cpuRatio: median(cpuRatios) };
}

/** Asks for every host in turn; the requests are built beforehand, so wrk itself stays quick. */
function wrkScript(routes: number): string {
  return `local requests, turn = {}, 0
function init()
    for i = 0, ${routes - 1} do
        requests[i] = wrk.format("GET", "/", { Host = ("app-%d.bench.test"):format(i) })
    end
end
function request()
    turn = (turn + 7919) % ${routes}
    return requests[turn]
end
`;
}

async function load({ port, worker }: Target, script: string, durationS: number): Promise<Run> {
  const size = ["-t", "1", "-c", String(connections), "-d", `${durationS}s`];
  const url = `http://127.0.0.1:${port}/`;
  const timeoutMs = (durationS + 10) * 1000;
  const before = await cpuUsOf(worker);
  const text = await exec(["wrk", ...size, "--latency", "-s", script, url], { timeoutMs });
  const usedUs = (await cpuUsOf(worker)) - before;
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(text);
  if (failed) throw new Error(`port ${port}: ${failed[0]}`);
  const requestsPerS = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  const [, amount, unit = "ms"] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  const unitMs = { us: 0.001, ms: 1, s: 1000 }[unit] ?? 1;
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  return { requestsPerS, p99Ms: Number(amount) * unitMs, cpuUs: usedUs / requests };
}

/** Time that a process has had on a processor, as the scheduler counts it. */
async function cpuUsOf(pid: number): Promise<number> {
  const [ns] = (await readFile(`/proc/${pid}/schedstat`, "utf8")).split(" ");
  return Number(ns) / 1000;
}

async function workerOf(master: number): Promise<number> {
  return Number((await childrenOf(master))[0]);
}

async function childrenOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ");
}

function medianRun(measured: readonly Run[]): Run {
  return {
    requestsPerS: median(measured.map((it) => it.requestsPerS)),
    p99Ms: median(measured.map((it) => it.p99Ms)),
    cpuUs: median(measured.map((it) => it.cpuUs)),
  };
}

async function askEveryHost(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let next = 0;
  const visitors = Array.from({ length: 16 }, async () => {
    while (next < routesMax) {
      const name = hostName(next);
      next += 1;
      await askHost(port, name, agent);
    }
  });
  await Promise.all(visitors);
  agent.destroy();
}

async function askHost(port: number, name: string, agent?: Agent): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = { host: "127.0.0.1", port, headers: { host: name }, agent: agent ?? false };
  get(options, (answer) => {
    answer.resume();
    answer.on("end", () => resolve(answer.statusCode ?? 0));
  }).on("error", reject);
  return promise;
}

async function workerMemoryMb(master: number): Promise<number> {
  const sizes = (await childrenOf(master)).map(async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  });
  return Math.max(...(await Promise.all(sizes)));
}

/** Takes a route in and out, and asks every worker at once whether it knows. */
async function measureChanges(
  peer: string,
): Promise<Pick<Result, "changeMs" | "changeMaxMs" | "staleAnswers">> {
  await using nginx = await startNginx({ workers: 4 });
  await nginx.router.replace(tableWith(routesMax, peer));
  const tookMs: number[] = [];
  let staleAnswers = 0;
  for (let index = 0; index < 50; index += 1) {
    const [mode, expected] = index % 2 === 0 ? ["stopped", 503] : ["serving", 200];
    const changed = backend([peer], { mode: mode === "stopped" ? "stopped" : "serving" });
    const before = performance.now();
    await nginx.router.change({ hosts: {}, backends: { 7: changed } });
    tookMs.push(performance.now() - before);
    const asked = Array.from({ length: 16 }, async () =>
      askHost(nginx.settings.ports.direct, hostName(7)),
    );
    staleAnswers += (await Promise.all(asked)).filter((status) => status !== expected).length;
  }
  return { changeMs: median(tookMs), changeMaxMs: Math.max(...tookMs), staleAnswers };
}

function tableOf(measured: Result): string {
  const lines = measured.comparisons.map((it) =>
    [
      `${it.routes} routes`.padEnd(16),
      `by hand ${runText(it.reference)}   Berth ${runText(it.berth)}   `,
      `${percent(it.ratio)} of the requests  ${verdict(it.ratio >= targets.ratio)}, `,
      `${percent(it.cpuRatio)} by processor time  ${verdict(it.cpuRatio >= targets.ratio)}`,
    ].join(""),
  );
  const { changeMs, changeMaxMs, staleAnswers, workerMb, replaceMs } = measured;
  const isQuick = changeMaxMs <= targets.changeMs && staleAnswers === 0;
  return [
    ...lines,
    `whole table     ${replaceMs.toFixed(0)} ms for ${routesMax} routes, on disk and in force`,
    `one change      ${changeMs.toFixed(1)} ms median, ${changeMaxMs.toFixed(1)} ms at most, ${staleAnswers} stale answers  ${verdict(isQuick)}`,
    `worker memory   ${workerMb.toFixed(1)} MB with every route in use  ${verdict(workerMb < targets.workerMb)}`,
  ].join("\n");
}

function runText({ requestsPerS, p99Ms, cpuUs }: Run): string {
  return `${requestsPerS.toFixed(0)}/s p99 ${p99Ms.toFixed(2)} ms ${cpuUs.toFixed(1)} µs`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
