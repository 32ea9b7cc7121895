import assert from "node:assert/strict";
import { test } from "node:test";
import { hostConfig } from "../../test/factories.ts";
import { createWorld, webFiles } from "../../test/engine-world.ts";

const mebi = 1024 ** 2;

test("below the floor nothing is built, and what runs and is released again goes on", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.createApp("shop", "ann");
  assert.equal((await world.push("shop")).status, "done");
  world.freeDiskBytes = 300 * mebi;
  const refused = await world.push("shop");
  assert.equal(refused.error?.code, "disk_low");
  assert.match(refused.error?.message ?? "", /Only 300M .* leave 512M to what runs/);
  assert.match(refused.error?.hint ?? "", /disk_floor_mb/);
  const scaled = await world.ended(await engine.scale("shop", { web: 2 }, "ann"));
  assert.equal(scaled.status, "done");
  world.config = hostConfig({ settings: { ...world.config.settings, diskFloorMb: 100 } });
  assert.equal((await world.push("shop")).status, "done");
});

test("class 22, exhaustion: pushes are received only as far as they leave half of what is kept free", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.createApp("shop", "ann");
  const bytesMax = async () => (await engine.openRepository("shop")).pushBytesMax;
  assert.equal(await bytesMax(), 2048 * mebi);
  world.freeDiskBytes = 600 * mebi;
  assert.equal(await bytesMax(), (600 - 512 / 2) * mebi);
  world.freeDiskBytes = 500 * mebi;
  await assert.rejects(bytesMax(), { code: "disk_low" });
});

test("a build that takes what is kept free is ended, and says why", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  world.runner.programs.set("./.build.sh", async () => {
    world.freeDiskBytes = 200 * mebi;
    await new Promise((wait) => setTimeout(wait, 60_000).unref());
  });
  const ended = await world.push("shop", { ...webFiles, ".build.sh": "" });
  assert.equal(ended.error?.code, "disk_low");
  assert.deepEqual(await world.workspace.ids(), []);
});
