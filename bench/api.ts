/**
 * How fast the API answers with 1,000 apps, 10,000 releases, 20,000 jobs and a million events: every
 * list and page, at 50 requests a second; then what 200 open streams cost, and how long a log line
 * takes to reach one. All but one of the apps are stopped: their instances would measure the machine.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent, get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exec } from "#lib/exec.ts";
import { startPlatform, type Platform } from "../test/platform.ts";
import { ms, percentile, verdict } from "./numbers.ts";
import { growDatabase } from "./grow-database.ts";

const targets = { p99Ms: 50, residentMb: 250, startMs: 3000, streamsPercent: 10, lineMs: 300 };
const requestsPerSecond = 50;
const streams = 200;
/** @see proc(5), sysconf(3) _SC_CLK_TCK */
const ticksPerSecond = 100;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "40" },
    events: { type: "string", default: "1000000" },
    json: { type: "boolean", default: false },
  },
});
const seconds = Math.min(600, Math.max(3, Number(values.seconds)));
const idleSeconds = Math.min(20, seconds);
const events = Math.min(5_000_000, Math.max(1000, Number(values.events)));

const chatty = {
  "server.js": `require("node:http").createServer((q, s) => { console.log(q.url); s.end("ok"); }).listen(process.env.PORT)`,
  Procfile: "web: node server.js\n",
};
const pages = [
  "/apps?limit=100",
  "/apps?limit=100&after=app-0500",
  "/apps?state=running",
  "/apps/app-0007",
  "/apps/app-0007/releases",
  "/apps/app-0007/releases/5",
  "/apps/app-0007/config",
  "/apps/loud/instances",
  "/jobs",
  "/jobs?target=app-0007",
  "/jobs?status=failed&limit=50",
  "/jobs?actor=bob&kind=deploy",
  "/jobs/5000",
  "/events",
  "/events?target=app-0007",
  "/events?type=deploy.failed",
  "/events?type=app.destroyed&limit=100",
  "/events?actor=rare",
  "/events?target=app-0007&type=deploy.failed,instance.exited",
  "/events?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z",
  "/events?limit=100&after=400000",
  "/domains",
  "/keys",
  "/users",
  "/teams",
  "/tokens",
  "/audit",
  "/status",
  "/metrics/overview",
];

await using platform = await startPlatform();
assert.equal((await platform.berth("apps:create", "loud")).code, 0);
const pushed = await platform.push(await platform.tree(chatty), "loud");
assert.equal(pushed.code, 0, pushed.stderr);
await platform.berth("down");
growDatabase(platform.home, { apps: 1000, releasesEach: 10, jobsEach: 20, events });
await platform.up();

const token = (await readFile(join(platform.home, "data/api.token"), "utf8")).trim();
const agent = new Agent({ keepAlive: true });
const started = await measureStart(platform);
const answered = await measurePages(platform);
const residentMb = await residentMbOf(await berthdPid(platform));
const live = await measureStreams(platform);
agent.destroy();

const { slowest, p99Ms, cpuMs, waitedPercent, failures } = answered;
const { startMs, quietStartMs } = started;
const lines = [
  `The API with 1,000 apps, 10,000 releases and ${events.toLocaleString("en")} events, ${requestsPerSecond} requests/s for ${seconds} s`,
  row("every page, p99", ms(p99Ms), [
    p99Ms < targets.p99Ms && failures === 0,
    `under ${targets.p99Ms} ms`,
  ]),
  row("… the dearest, by processor time", ms(cpuMs)),
  row("… time that others took berthd", `${waitedPercent.toFixed(1)} %`),
  ...slowest.slice(0, 5).map(({ path, p99 }) => `    ${ms(p99).padStart(8)}  ${path}`),
  row("refused or failed", String(failures), [failures === 0, "none"]),
  row("berthd, resident", `${residentMb.toFixed(0)} MB`, [
    residentMb < targets.residentMb,
    `under ${targets.residentMb} MB`,
  ]),
  row("start, from kill to answer", ms(startMs), [
    startMs < targets.startMs,
    `under ${targets.startMs} ms`,
  ]),
  row("… had it not waited for others", ms(quietStartMs)),
  row(`${streams} idle streams`, `${live.percent.toFixed(1)} %`, [
    live.percent < targets.streamsPercent,
    `under ${targets.streamsPercent} % of a core`,
  ]),
  row("a log line to a stream, p99", ms(live.lineMs), [
    live.lineMs < targets.lineMs,
    `under ${targets.lineMs} ms`,
  ]),
];
console.log(
  values.json
    ? JSON.stringify({ ...answered, ...started, residentMb, ...live }, null, 2)
    : lines.join("\n"),
);

function row(what: string, value: string, judged?: [isMet: boolean, target: string]): string {
  const end = judged ? `  (${judged[1]}: ${verdict(judged[0])})` : "";
  return `  ${what.padEnd(31)} ${value.padStart(9)}${end}`;
}

/** berthd is killed, and s6 starts it again. */
async function measureStart(berth: Platform) {
  const began = performance.now();
  process.kill(await berthdPid(berth), "SIGKILL");
  for (;;) {
    const isUp = await ask(berth, "/jobs").then(
      ({ status }) => status === 200,
      () => false,
    );
    const tookMs = performance.now() - began;
    const { waitedMs } = isUp ? turnsOf(await berthdPid(berth)) : { waitedMs: 0 };
    if (isUp) return { startMs: tookMs, quietStartMs: tookMs - waitedMs };
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

async function measurePages(berth: Platform) {
  const pid = await berthdPid(berth);
  const dearestMs = await measureCpu(berth, pid);
  const took = new Map<string, number[]>(pages.map((path) => [path, []]));
  let refused = 0;
  const visit = async (path: string): Promise<void> => {
    const began = performance.now();
    const { status } = await ask(berth, path);
    took.get(path)?.push(performance.now() - began);
    if (status !== 200) refused += 1;
  };
  const asked: Promise<void>[] = [];
  const [began, before] = [performance.now(), turnsOf(pid)];
  for (let count = 0; count < seconds * requestsPerSecond; count += 1) {
    const dueMs = (count * 1000) / requestsPerSecond - (performance.now() - began);
    if (dueMs > 0) await new Promise((wait) => setTimeout(wait, dueMs));
    asked.push(visit(pages[count % pages.length] ?? ""));
  }
  await Promise.all(asked);
  const waitedMs = turnsOf(pid).waitedMs - before.waitedMs;
  const byPage = [...took]
    .map(([path, all]) => ({ path, p99: percentile(all, 0.99) }))
    .toSorted((a, b) => b.p99 - a.p99);
  return {
    slowest: byPage,
    p99Ms: percentile([...took.values()].flat(), 0.99),
    cpuMs: dearestMs,
    waitedPercent: (waitedMs / (performance.now() - began)) * 100,
    failures: refused,
  };
}

/** The most that berthd itself works for a page; each is asked for alone, a few times. */
async function measureCpu(berth: Platform, pid: number): Promise<number> {
  let mostMs = 0;
  for (const path of pages) {
    const fewMs = await cheapestOf(8, berth, { path, pid });
    // berthd has just begun: what seems the dearest may be what is not compiled yet.
    if (fewMs > mostMs) {
      mostMs = Math.max(mostMs, Math.min(fewMs, await cheapestOf(24, berth, { path, pid })));
    }
  }
  return mostMs;
}

/** The least of some tries: the others have what berthd does beside it. */
async function cheapestOf(
  tries: number,
  berth: Platform,
  { path, pid }: { path: string; pid: number },
): Promise<number> {
  let leastMs = Infinity;
  for (let count = 0; count < tries; count += 1) {
    const { ranMs } = turnsOf(pid);
    await ask(berth, path);
    // What it does now is counted when it comes to rest.
    await new Promise((wait) => setTimeout(wait, 5));
    leastMs = Math.min(leastMs, turnsOf(pid).ranMs - ranMs);
  }
  return leastMs;
}

async function measureStreams(berth: Platform): Promise<{ percent: number; lineMs: number }> {
  const open = Array.from({ length: streams - 1 }, () => openStream(berth, "apps,jobs,events"));
  const seen: string[] = [];
  const loud = await openStream(berth, "logs:loud", (text) => seen.push(text));
  const all = [...(await Promise.all(open)), loud];
  // What opening them leaves behind is no part of what they cost.
  await new Promise((wait) => setTimeout(wait, 1000));
  const pid = await berthdPid(berth);
  const before = await ticksOf(pid);
  await new Promise((wait) => setTimeout(wait, idleSeconds * 1000));
  const ticks = (await ticksOf(pid)) - before;
  const took: number[] = [];
  for (let count = 0; count < 50; count += 1) {
    const began = performance.now();
    await berth.visit("loud.localhost", `/line-${count}-end`);
    const isSeen = () => seen.some((text) => text.includes(`/line-${count}-end`));
    while (!isSeen() && performance.now() - began < 5000) {
      await new Promise((wait) => setTimeout(wait, 2));
    }
    took.push(performance.now() - began);
  }
  for (const stream of all) stream.destroy();
  return { percent: (ticks / ticksPerSecond / idleSeconds) * 100, lineMs: percentile(took, 0.99) };
}

function openStream(
  berth: Platform,
  topics: string,
  onText: (text: string) => void = () => {},
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { authorization: `Bearer ${token}` };
  const path = `/api/v1/stream?topics=${topics}`;
  const asked = get({ port: berth.ports.api, host: "127.0.0.1", path, headers }, (response) => {
    assert.equal(response.statusCode, 200);
    response
      .setEncoding("utf8")
      .on("data", onText)
      .on("error", () => {});
    resolve(response);
  });
  asked.once("error", reject);
  return promise;
}

function ask(berth: Platform, path: string): Promise<{ status: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number }>();
  const where = { port: berth.ports.api, host: "127.0.0.1", path: `/api/v1${path}` };
  const headers = { authorization: `Bearer ${token}` };
  const asked = get({ ...where, headers, agent }, (response) => {
    response.resume().once("end", () => resolve({ status: response.statusCode ?? 0 }));
    response.once("error", reject);
  });
  asked.once("error", reject);
  return promise;
}

async function berthdPid(berth: Platform): Promise<number> {
  return Number(await exec(["s6-svstat", "-o", "pid", join(berth.home, "run/scan/berthd")]));
}

/** User and system time of a process. */
async function ticksOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** How long a program has run, and waited for a processor that others had. @see proc(5), schedstat */
function turnsOf(pid: number): { readonly ranMs: number; readonly waitedMs: number } {
  const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ").map(Number);
  return { ranMs: (ran ?? 0) / 1e6, waitedMs: (waited ?? 0) / 1e6 };
}

async function residentMbOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024;
}
