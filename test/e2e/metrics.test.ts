import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "#api/client.ts";
import { readBranchMetrics, type MetricsView } from "#api/metrics.ts";
import { createTransport } from "#lib/http.ts";
import { homeLayout } from "#setup/layout.ts";
import { startPlatform, until } from "../platform.ts";

const printsIds = {
  Procfile: "web: node server.js\n",
  "server.js": `require("node:http").createServer((q, s) => {
    console.log("\\x1b[31m" + q.url, q.headers["x-request-id"]);
    s.end("hello");
  }).listen(process.env.PORT)`,
};

test("requests and what an instance uses are measured, and shown at every door", async () => {
  await using platform = await startPlatform();
  assert.equal((await platform.berth("apps:create", "shop")).code, 0);
  const pushed = await platform.push(await platform.tree(printsIds), "shop");
  assert.equal(pushed.code, 0, pushed.stderr);
  for (let count = 0; count < 20; count += 1) await platform.visit("shop.localhost", `/${count}`);
  let metrics: MetricsView = { from: "", stepS: 0, series: [] };
  const values = (name: string) =>
    metrics.series.filter((it) => it.name === name).flatMap((it) => it.values.map((v) => v ?? 0));
  const transport = createTransport({ socketPath: homeLayout(platform.home).socket, headers: {} });
  const client = createClient(transport, platform.home);
  let measured = "";
  const isMeasured = async () => {
    // A command each time would be a program each time.
    metrics = await client(readBranchMetrics, { params: { target: "shop" }, query: {} });
    const sumOf = (name: string) => values(name).reduce((sum, value) => sum + value, 0);
    // What happened around a tick comes with the next one.
    const counts = [sumOf("requests") * metrics.stepS, sumOf("deploys")].map(Math.round);
    const memory = Math.max(0, ...values("memory"));
    measured = `${counts.join(" requests, ")} deploys, ${memory} bytes`;
    return counts.join(" ") === "20 1" && memory > 1_000_000;
  };
  await until(isMeasured, "all is measured", 30_000).catch((error: unknown) => {
    throw new Error(`20 requests, one deploy and the memory are measured: ${measured}`, {
      cause: error,
    });
  });
  const shown = await platform.berth("metrics", "-a", "shop", "--json");
  const seen = (JSON.parse(shown.stdout) as MetricsView).series.map(({ name }) => name);
  for (const name of ["requests", "deploys", "memory"] as const)
    assert.ok(seen.includes(name), name);
  assert.match((await platform.berth("ps", "-a", "shop")).stdout, /web\.1 .* \d+(\.\d)? MB /);
  assert.match((await platform.berth("metrics:host")).stdout, /^host_memory +- +[\d.]+ [MG]B/m);
  const token = await readFile(join(platform.home, "data/api.token"), "utf8");
  const url = `http://127.0.0.1:${platform.ports.api}/metrics`;
  const text = await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text();
  assert.match(text, /^berth_requests_total\{app="shop",.*status="2xx"\} 20$/m);
  assert.match(text, /^berth_instance_memory_bytes\{.*instance="web.1".*\} \d{7,}$/m);
  const { headers } = await platform.visit("shop.localhost", "/one?secret=1");
  const id = String(headers["x-request-id"]);
  let found = "";
  const isLogged = async () => {
    found = (await platform.berth("logs", "-a", "shop", "--request", id)).stdout;
    return found.trim().split("\n").length === 2;
  };
  await until(isLogged, "router and app have a line of it");
  assert.match(found, /web\.1 \| \/one\?secret=1 [0-9a-f]{32}$/m);
  assert.match(found, /router \| GET \/one status=200 .*instance=web\.1 .*request=[0-9a-f]{32}$/m);
  const built = await platform.berth("logs", "-a", "shop", "--source", "build");
  assert.match(built.stdout, /job\.1 \| -----> /);
});
