import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "#domain/changes.ts";
import { LinesRefused } from "#domain/drain.ts";
import type { RequestLine } from "#domain/request-log.ts";
import { createWorld, eventually, type World } from "../../test/engine-world.ts";

const url = "https://ann:secret@logs.test/token";

async function draining(): Promise<World> {
  const world = await createWorld();
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  request(world, "/before");
  await world.engine.addDrain({ target: "shop", url, ca: null }, "ann");
  return world;
}

/** As if a visitor had asked: it is a line of the router's log. */
function request(world: World, path: string): void {
  const line: RequestLine = {
    atMs: world.context.clock.now().getTime(),
    id: "0123456789abcdef",
    method: "GET",
    host: "shop.localhost",
    path,
    status: 200,
    bytes: 1,
    durationMs: 1,
    peer: null,
    client: "192.0.2.1",
  };
  world.requestLog.note(line);
}

const paths = ({ drain }: World) =>
  drain.taken.filter(({ origin }) => origin === "router").map(({ text }) => text.split(" ")[1]);

test("lines are sent from the moment that a drain is added, and its password is shown nowhere", async () => {
  await using world = await draining();
  request(world, "/one");
  await eventually(() => paths(world).length > 0, "it is sent");
  assert.deepEqual(paths(world), ["/one"]);
  const [status] = await world.engine.listDrains("shop");
  assert.equal(status?.url, "https://logs.test/…");
  assert.deepEqual([status?.sentLines, status?.waitingBytes, status?.lastError], [1, 0, null]);
  const told = world.store.events.list({ target: "shop", before: null, limit: 100 });
  assert.ok(told.some(({ type }) => type === "drain.added"));
  assert.ok(!JSON.stringify(told).includes("secret"));
});

test("while a receiver is away lines wait, also for the next berthd, and none is lost or sent twice", async () => {
  await using world = await draining();
  world.drain.before = async () => {
    throw new Error("connect ECONNREFUSED");
  };
  const told: Change[] = [];
  using _listening = world.engine.listen((change) => void told.push(change));
  request(world, "/one");
  await eventually(() => world.drain.tries > 1, "it is tried again");
  const first = told.find((change) => change.of === "drains");
  assert.deepEqual(first, { of: "drains", target: "shop", whose: { appId: 1 } });
  const [away] = await world.engine.listDrains("shop");
  assert.equal(away?.lastError, "connect ECONNREFUSED");
  assert.ok((away?.waitingBytes ?? 0) > 100);
  await world.restart();
  request(world, "/two");
  world.drain.before = async () => {};
  await eventually(() => paths(world).length === 2, "both came");
  assert.deepEqual(paths(world), ["/one", "/two"]);
  assert.equal((await world.engine.listDrains("shop"))[0]?.lastError, null);
});

test("a receiver that hangs holds up neither the app nor another drain", async () => {
  await using world = await draining();
  await world.engine.addDrain({ target: "shop", url, ca: null }, "ann");
  const hanging = Promise.withResolvers<void>();
  let calls = 0;
  world.drain.before = async () => {
    calls += 1;
    if (calls === 1) await hanging.promise;
  };
  request(world, "/one");
  await eventually(() => paths(world).length === 1, "the other has it");
  assert.equal((await world.push("shop")).status, "done");
  hanging.resolve();
  await eventually(() => paths(world).length === 2, "and then this one");
  const isBuilt = () => world.drain.taken.some(({ text }) => text.includes("v2 is live"));
  await eventually(isBuilt, "what the deploy printed is sent too");
  assert.ok(
    world.drain.taken.some(({ origin, source }) => origin === "build" && source === "job.2"),
  );
  assert.ok(!world.drain.taken.some(({ source }) => source === "job.1"), "not what was before");
  const isSent = () => world.store.drains.list().every(({ positions }) => positions["jobs"] === 2);
  await eventually(isSent, "it is not looked at any more");
  const count = world.drain.taken.length;
  await world.restart();
  request(world, "/two");
  await eventually(() => paths(world).length === 4, "both go on");
  assert.equal(world.drain.taken.length, count + 2, "and nothing comes twice");
});

test("lines that are refused for good are passed over and counted, so that newer ones get through", async () => {
  await using world = await draining();
  world.drain.before = async () => {
    throw new LinesRefused("it answered with status 400: too old");
  };
  request(world, "/one");
  await eventually(() => world.drain.tries === 1, "it was tried");
  world.drain.before = async () => {};
  request(world, "/two");
  await eventually(() => paths(world).length > 0, "the next came");
  assert.deepEqual(paths(world), ["/two"]);
  assert.ok(((await world.engine.listDrains("shop"))[0]?.skippedBytes ?? 0) > 100);
});

test("a drain goes when it is removed, and with its app; another app's cannot be removed", async () => {
  await using world = await draining();
  await world.engine.createApp("blog", "ann");
  const id = world.store.drains.list()[0]?.id ?? 0;
  const code = { code: "drain_not_found" };
  await assert.rejects(world.engine.removeDrain("blog", id, "bob"), code);
  await world.engine.removeDrain("shop", id, "ann");
  request(world, "/one");
  assert.deepEqual(await world.engine.listDrains("shop"), []);
  const adding = Array.from({ length: 12 }, async () =>
    world.engine.addDrain({ target: "shop", url, ca: null }, "ann").catch((error) => error.code),
  );
  const refused = (await Promise.all(adding)).filter((it) => it === "too_many_drains");
  assert.equal(refused.length, 2, "also of those who ask at once");
  await world.ended(await world.engine.destroyApp("shop", "ann"));
  assert.deepEqual(world.store.drains.list(), []);
  assert.deepEqual(world.drain.taken, []);
});
