import assert from "node:assert/strict";
import { test } from "node:test";
import { deployed } from "../../test/deployed.ts";
import { createWorld, type World } from "../../test/engine-world.ts";

const stateOf = async ({ engine }: World) => (await engine.appInfo("shop")).branches[0]?.state;

test("an app that only comes back after a reboot is starting; one that ended is crashing", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  assert.equal(await stateOf(world), "running");

  world.executor.programs.set("node server.js", { kind: "deaf", listening: [] });
  world.executor.reboot();
  await world.restart();
  assert.equal(await stateOf(world), "starting");

  const [only] = world.store.instances.list();
  world.executor.crash(only?.id ?? 0, { code: 1, signal: null });
  assert.equal(await stateOf(world), "crashing");
});

test("one that ended and runs again is since then, and says how it ended", async () => {
  await using world = await deployed();
  const [only] = world.store.instances.list();
  const instance = async () => (await world.engine.listInstances("shop"))[0];
  assert.deepEqual((await instance())?.startedAt, only?.createdAt);
  const exit = { code: null, signal: "SIGKILL", outOfMemory: true };
  world.executor.crash(only?.id ?? 0, exit);
  const again = await instance();
  assert.deepEqual(again?.lastExit, exit);
  assert.ok((again?.startedAt ?? 0) > (only?.createdAt ?? 0));
});
