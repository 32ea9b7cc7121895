import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "#domain/job.ts";
import { machineClock } from "#lib/clock.ts";
import { deployed } from "../../test/deployed.ts";
import { atStep, createWorld, eventually, type World } from "../../test/engine-world.ts";

const segfault = { code: null, signal: "SIGSEGV" } as const;

const messages = ({ store }: World, type: string) =>
  store.events
    .list({ target: "shop", before: null, limit: 100 })
    .filter((event) => event.type === type)
    .map((event) => event.message);

test("an instance that ends is out of the routes until it is healthy again", async () => {
  await using world = await deployed();
  const { store, executor, router } = world;
  const [only] = store.instances.list();
  executor.programs.set("node server.js", { kind: "deaf", listening: [] });
  executor.crash(only?.id ?? 0, segfault);
  const answer = () => router.answer("shop.localhost", "/", 0).do;
  await eventually(() => answer() === "refuse", "it is out of the routes");
  executor.programs.clear();
  await eventually(() => answer() === "pass", "it is back");
  assert.deepEqual(messages(world, "instance.exited"), ["web.1 was killed by SIGSEGV."]);
  assert.equal(messages(world, "instance.healthy").length, 2);
});

test("an end that is told several times is noted once", async () => {
  await using world = await deployed();
  const [only] = world.store.instances.list();
  for (let time = 0; time < 3; time += 1) world.executor.crash(only?.id ?? 0, segfault);
  await eventually(() => messages(world, "instance.healthy").length === 2, "healthy again");
  assert.equal(messages(world, "instance.exited").length, 1);
});

test("an end of an earlier life fails no later deploy that keeps the instance", async () => {
  await using world = await deployed();
  const { store, executor, engine } = world;
  const [first] = store.instances.list();
  executor.programs.set("node server.js", { kind: "deaf", listening: [] });
  executor.crash(first?.id ?? 0, segfault);
  await eventually(() => messages(world, "instance.exited").length === 1, "the end is noted");
  const scaled = await engine.scale("shop", { web: 2 }, "ann");
  await eventually(() => store.instances.list().length === 2, "the second is started");
  executor.programs.clear();
  const job = await world.ended(scaled);
  assert.equal(job.status, "done", JSON.stringify(job.error));
});

test("scaling keeps what runs, and takes away what is too much", async () => {
  await using world = await deployed();
  const { store, engine } = world;
  const [first] = store.instances.list();
  const more = await world.ended(await engine.scale("shop", { web: 3 }, "ann"));
  const added = /Starting web x2\n +web\.2, web\.3 healthy after/;
  assert.match(await world.output(more), added, "only the new ones");
  assert.deepEqual(
    store.instances.list().map(({ index }) => index),
    [1, 2, 3],
  );
  const fewer = await world.ended(await engine.scale("shop", { web: 1 }, "ann"));
  assert.doesNotMatch(await world.output(fewer), /Starting|healthy after/);
  assert.match(await world.output(fewer), /is live [^]*Stopping web x2\n/);
  await eventually(() => store.instances.list().length === 1, "two are gone");
  assert.equal(store.instances.list()[0]?.id, first?.id);
  assert.equal(await engine.scale("shop", { web: 1 }, "ann"), null);
  await assert.rejects(engine.scale("shop", { cron: 1 }, "ann"), {
    code: "process_type_not_found",
  });
});

test("a restart puts a new instance in the place of the old one", async () => {
  await using world = await deployed();
  const { store, engine, executor, router } = world;
  const [old] = store.instances.list();
  assert.equal((await world.ended(await engine.restart("shop", "web.1", "ann"))).status, "done");
  await eventually(() => store.instances.list().length === 1, "the old one is gone");
  const [young] = store.instances.list();
  assert.notEqual(young?.id, old?.id);
  assert.deepEqual(
    executor.started().map(({ id }) => id),
    [young?.id],
  );
  assert.equal(router.answer("shop.localhost", "/", 0).do, "pass");
  await assert.rejects(engine.restart("shop", "web.7", "ann"), { code: "instance_not_found" });
});

test("a restart of what runs nothing is refused with why, and what to type", async () => {
  await using world = await createWorld();
  const { engine } = world;
  const restart = (app = "shop") => engine.restart(app, null, "ann");
  await engine.createApp("shop", "ann");
  await assert.rejects(restart(), { code: "never_deployed" });
  await world.push("shop");
  await world.ended(await engine.scale("shop", { web: 0 }, "ann"));
  const refused = { code: "nothing_runs" };
  const scaled = { message: "shop is scaled to nothing.", hint: /: berth ps:scale web=1 -a shop$/ };
  await assert.rejects(restart(), { ...refused, ...scaled });
  await world.ended(await engine.stopBranch("shop", "ann"));
  const stopped = { message: "shop is stopped.", hint: /: berth ps:start -a shop$/ };
  await assert.rejects(restart(), { ...refused, ...stopped });
  const started = await world.ended(await engine.startBranch("shop", "ann"));
  assert.match(await world.output(started), /shop is scaled to nothing\. Scale it up: berth ps:/);
  await engine.createApp("files", "ann");
  await world.push("files", { "index.html": "" });
  await assert.rejects(restart("files"), { ...refused, message: /the router serves its files/ });
});

/** Restarts, which must end with the old instance serving alone. */
async function assertRestartFails({ store, engine, router, ended }: World): Promise<void> {
  const [old] = store.instances.list();
  const job = await ended(await engine.restart("shop", null, "ann"));
  assert.equal(job.error?.code, "unhealthy");
  await eventually(() => store.instances.list().length === 1, "the new one is gone");
  assert.deepEqual(
    store.instances.list().map(({ id, retiringAt }) => [id, retiringAt]),
    [[old?.id, null]],
  );
  assert.equal(router.answer("shop.localhost", "/", 0).do, "pass");
}

test("a restart whose new instance fails leaves the old one serving", async () => {
  await using world = await deployed();
  const exit = { code: 1, signal: null };
  world.executor.programs.set("node server.js", { kind: "exits", exit });
  await assertRestartFails(world);
});

test("a restart whose new instance ends just after it was healthy leaves the old one serving", async () => {
  // In the tests' quick time "just after" would be long ago on a busy machine.
  await using world = await deployed(machineClock);
  const { store, executor } = world;
  world.killWhen = (verb, args) => {
    const young = executor.started().at(-1);
    if (atStep("switch")(verb, args) && young) {
      assert.equal(store.instances.list().length, 2);
      executor.crash(young.id, { code: 1, signal: null });
    }
    return false;
  };
  await assertRestartFails(world);
});

test("a stopped branch runs nothing, whatever is deployed to it, until it is started", async () => {
  await using world = await deployed();
  const { engine, executor, router } = world;
  await world.ended(await engine.stopBranch("shop", "ann"));
  assert.deepEqual(executor.started(), []);
  assert.equal((await world.push("shop")).status, "done");
  assert.deepEqual(executor.started(), []);
  assert.equal(router.answer("shop.localhost", "/", 0).do, "refuse");
  const job = await world.ended(await engine.startBranch("shop", "ann"));
  assert.equal(job.status, "done");
  assert.equal((await engine.releaseInfo("shop", null)).number, 2);
  assert.equal(router.answer("shop.localhost", "/", 0).do, "pass");
});

test("at the start, what nobody knows is stopped, and what was recorded but not begun is started", async () => {
  await using world = await deployed();
  const { store, executor } = world;
  const [only] = store.instances.list();
  assert.ok(only);
  const start = {
    spec: only.spec,
    userNumber: 1,
    network: "open",
    port: 61_777,
    logName: "1/x",
  } as const;
  await executor.start({ ...start, id: 999 });
  await executor.stop(only.id, 0);
  await world.restart();
  await eventually(() => store.instances.get(only.id)?.healthyAt !== null, "it is healthy");
  assert.deepEqual(
    executor.started().map(({ id }) => id),
    [only.id],
  );
});

test("one instance that cannot be started keeps nobody else from starting", async () => {
  await using world = await deployed();
  const { store, executor, engine } = world;
  await engine.createApp("blog", "ann");
  await world.push("blog");
  const [broken] = store.instances.list();
  executor.reboot();
  executor.refused.add(broken?.id ?? 0);
  await world.restart();
  await eventually(() => executor.started().length === 1, "the other one is started");
  assert.equal(world.router.answer("blog.localhost", "/", 0).do, "pass");
  executor.refused.clear();
  await world.restart();
  await eventually(() => executor.started().length === 2, "both are started");
});

test("one that was given up while berthd was away is started again", async () => {
  await using world = await deployed();
  const { store, executor, router } = world;
  const [only] = store.instances.list();
  await world.engine[Symbol.asyncDispose]();
  executor.programs.set("node server.js", { kind: "exits", exit: { code: 1, signal: null } });
  await executor.revive(only?.id ?? 0);
  assert.equal((await executor.observe(only?.id ?? 0)).givenUp, true);
  executor.programs.clear();
  await world.restart();
  await eventually(() => router.answer("shop.localhost", "/", 0).do === "pass", "it serves again");
});

test("one that ends again as it is taken over is out of the routes at once", async () => {
  await using world = await deployed();
  const { executor, router } = world;
  executor.programs.set("node server.js", { kind: "exits", exit: { code: 1, signal: null } });
  executor.reboot();
  await world.restart();
  assert.equal(router.answer("shop.localhost", "/", 0).do, "refuse");
  await eventually(() => messages(world, "instance.exited").length > 0, "the end is noted");
});

test("restarts, stops and starts are jobs with steps; a start that is aborted is stopped again", async () => {
  await using world = await deployed();
  const { engine, store } = world;
  const named = (job: Job) => job.steps.map(({ name, status }) => `${name} ${status}`);
  const restarted = await world.ended(await engine.restart("shop", null, "ann"));
  assert.deepEqual(named(restarted), ["start done", "switch done"]);
  const stopped = await world.ended(await engine.stopBranch("shop", "ann"));
  assert.deepEqual(named(stopped), ["stop done"]);
  world.executor.programs.set("node server.js", { kind: "deaf", listening: [] });
  const job = await engine.startBranch("shop", "ann");
  await eventually(() => store.jobs.get(job.id)?.steps[0]?.status === "running", "it starts");
  assert.deepEqual(named(await engine.abortJob(job.id, "ann")), ["start aborted"]);
  assert.equal(store.branches.get(1)?.mode, "stopped");
});
