import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, type World } from "../../test/engine-world.ts";
import { deployed, request } from "../../test/deployed.ts";

const all = { process: null, names: null, from: null, to: null, stepS: null } as const;

async function sumOf(world: World, name: string): Promise<number> {
  const { series, stepS } = await world.engine.metrics({ ...all, target: "shop" });
  const found = series.filter((it) => it.name === name);
  const values = found.flatMap((it) => it.values.map((value) => value ?? 0));
  const perStep = found[0]?.unit === "1/s" ? stepS : 1;
  return Math.round(values.reduce((sum, value) => sum + value * perStep, 0));
}

test("requests are counted for the branch whose instance answered, else by host and path", async () => {
  await using world = await deployed();
  world.requestLog.note(
    request(world),
    request(world, { host: "shop.localhost", peer: null, status: 503 }),
    request(world, { host: "elsewhere.test", peer: null, status: 404 }),
  );
  const told = new Set<string>();
  using _listening = world.engine.listen(({ of }) => void told.add(of));
  const kept = () => world.context.metrics.read({ ...ages(world), branchId: 1 }).length > 0;
  await eventually(kept, "the span is kept");
  await eventually(() => told.has("metrics"), "it is told");
  assert.equal(await sumOf(world, "requests"), 2);
  assert.equal(await sumOf(world, "responses_5xx"), 1);
  const [shop] = await world.engine.overview({ after: null, limit: 10, visible: null });
  assert.equal(
    shop?.requests.reduce((sum, count) => sum + count, 0),
    2,
  );
  assert.equal(
    shop?.failures.reduce((sum, count) => sum + count, 0),
    1,
  );
});

test("a port that passes to another app takes no earlier request with it", async () => {
  await using world = await deployed();
  const [first] = world.store.instances.list();
  const early = request(world, { id: "early" });
  world.requestLog.note(early);
  await world.engine.createApp("blog", "ann");
  const blog = world.store.branches.list().find(({ appName }) => appName === "blog");
  world.store.instances.remove(first?.id ?? 0);
  const { id: _, healthyAt: __, retiringAt: ___, drainingAt: ____, ...row } = first!;
  const createdAt = new Date(early.atMs + 1000);
  world.store.instances.add({ ...row, branchId: blog?.id ?? 0, createdAt });
  world.requestLog.note(early, { ...early, atMs: early.atMs + 2000 });
  const counts = world.engine
    .metricFamilies()
    .find(({ name }) => name === "berth_requests_total")
    ?.samples.filter(({ labels }) => labels["status"] === "2xx")
    .map(({ labels, value }) => `${labels["app"]} ${value}`);
  assert.deepEqual(counts, ["shop 2", "blog 1"]);
});

test("what an instance uses is seen with it, and its ends are counted", async () => {
  await using world = await deployed();
  const id = world.store.instances.list()[0]?.id ?? 0;
  world.executor.usages.set(id, { cpuMs: 1000, memoryBytes: 5_000_000, isBehind: true });
  const first = async () => (await world.engine.listInstances("shop"))[0];
  let seen: Awaited<ReturnType<typeof first>>;
  await eventually(() => {
    void first().then((instance) => (seen = instance));
    return seen?.memoryBytes === 5_000_000 && seen.isBehind;
  }, "the use is seen");
  world.executor.crash(id, { code: 1, signal: null });
  const ends = () =>
    world.engine.metricFamilies().find(({ name }) => name === "berth_instance_ends_total")
      ?.samples[0]?.value;
  await eventually(() => ends() === 1, "the end is counted");
  const deploys = () =>
    world.engine.metricFamilies().find(({ name }) => name === "berth_deploys_total")?.samples[0]
      ?.value;
  await eventually(() => deploys() === 1, "the deploy is counted");
});

test("a destroyed app leaves no metrics", async () => {
  await using world = await deployed();
  world.requestLog.note(request(world));
  await world.ended(await world.engine.destroyApp("shop", "ann"));
  const families = world.engine.metricFamilies();
  assert.ok(
    !families.some(({ samples }) => samples.some(({ labels }) => labels["app"] === "shop")),
  );
});

function ages(world: World) {
  const toMs = world.context.clock.now().getTime() + 60_000;
  return { kinds: ["requests"], fromMs: toMs - 600_000, toMs, stepMs: 10_000 } as const;
}
