import assert from "node:assert/strict";
import { test } from "node:test";
import { everyLine, logMoment, type LogLine } from "#domain/logs.ts";
import { eventually, type World } from "../../test/engine-world.ts";
import { deployed, request } from "../../test/deployed.ts";
import type { LogQuery } from "./engine.ts";

async function read(world: World, query: Partial<LogQuery>): Promise<LogLine[]> {
  const asked = { ...everyLine, origins: ["router"] as const, lines: 1000, follow: false };
  const lines: LogLine[] = [];
  const never = new AbortController().signal;
  for await (const line of world.engine.logs("shop", { ...asked, ...query }, never)) {
    lines.push(line);
  }
  return lines;
}

test("each request is a line of its app's router log, and no visitor can forge one", async () => {
  await using world = await deployed();
  world.requestLog.note(
    request(world),
    request(world, { path: "/a status=500\n2026 fake", id: "f".repeat(32) }),
    request(world, { peer: null, host: "elsewhere.test" }),
  );
  const texts = (await read(world, {})).map(({ text }) => text);
  assert.deepEqual(texts, [
    "GET / status=200 ms=12 bytes=100 instance=web.1 host=shop.localhost client=192.0.2.1 request=0123456789abcdef",
    `GET /a%20status=500%0A2026%20fake status=200 ms=12 bytes=100 instance=web.1 host=shop.localhost client=192.0.2.1 request=${"f".repeat(32)}`,
  ]);
  assert.equal((await read(world, { request: "f".repeat(32) })).length, 1);
});

test("a log that cannot be written costs lines, and no request is counted twice for it", async () => {
  await using world = await deployed();
  await world.breakRouterLog();
  world.requestLog.note(request(world));
  world.requestLog.note(request(world));
  const counted = world.engine
    .metricFamilies()
    .find(({ name }) => name === "berth_requests_total")
    ?.samples.find(({ labels }) => labels["status"] === "2xx")?.value;
  assert.equal(counted, 2);
  assert.equal(world.errors.length, 2);
});

test("more requests than a log can hold are counted instead of written", async () => {
  await using world = await deployed();
  const atMs = Math.floor(request(world).atMs / 1000) * 1000;
  world.requestLog.note(...Array.from({ length: 1000 }, () => request(world, { atMs })));
  world.requestLog.note(request(world, { atMs: atMs + 1000 }));
  const texts = (await read(world, {})).map(({ text }) => text);
  assert.equal(texts.length, 202);
  assert.equal(texts[200], "[800 requests are not shown: too many a second]");
});

test("what jobs did is read like other logs, also while it comes", async () => {
  const begunAt = new Date();
  await using world = await deployed();
  const built = await read(world, { origins: ["build"] });
  assert.ok(built.some(({ source, text }) => source === "job.1" && text.startsWith("-----> ")));
  const times = built.map(({ at }) => at);
  assert.deepEqual(times, times.toSorted());
  assert.ok(
    (times[0] ?? "") >= logMoment(begunAt) && (times.at(-1) ?? "") <= logMoment(new Date()),
  );
  assert.equal((await read(world, { origins: ["build"], grep: "no such thing" })).length, 0);
  const stopping = new AbortController();
  const lines: LogLine[] = [];
  const query = { ...everyLine, origins: ["app", "router", "build"] as const, lines: 0 };
  const following = (async () => {
    const all = world.engine.logs("shop", { ...query, follow: true }, stopping.signal);
    for await (const line of all) lines.push(line);
  })();
  await new Promise((wait) => setTimeout(wait, 50));
  await world.push("shop");
  world.requestLog.note(request(world));
  const sources = () => new Set(lines.map(({ source }) => source));
  await eventually(() => sources().has("job.2") && sources().has("router"), "both came");
  assert.ok(!sources().has("job.1"), "only what comes");
  stopping.abort();
  await following;
});
