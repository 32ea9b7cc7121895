import assert from "node:assert/strict";
import { chmod, mkdir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostConfig } from "#domain/host-config.ts";
import { removeTree } from "#lib/files.ts";
import { createConfigWorld, shop, versionIn } from "../../../test/config-world.ts";

/** Collects what a watch tells, and gives it word by word. */
function createListener() {
  const told: HostConfig[] = [];
  let wake = () => {};
  let taken = 0;
  return {
    told,
    onChange: (config: HostConfig) => {
      told.push(config);
      wake();
    },
    /** The next configuration; a busy machine gets more time than the 300 ms that are promised. */
    next: async (): Promise<HostConfig> => {
      const heard = new Promise<void>((resolve) => (wake = resolve));
      if (told.length === taken) await Promise.race([heard, sleep(3000, null, { ref: false })]);
      return told[taken++] ?? assert.fail("nothing was told");
    },
  };
}

/** A directory with these files that was read, and is watched from then on. */
async function startWatch(files: Readonly<Record<string, string>> = { "repo/shop.yml": shop }) {
  const world = await createConfigWorld();
  for (const [file, text] of Object.entries(files)) await world.write(file, text);
  const directory = world.open();
  await directory.read();
  const listener = createListener();
  const watch = directory.watch(listener.onChange);
  return {
    ...world,
    ...listener,
    watch,
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("a saved file is told, however the editor writes", async () => {
  await using world = await startWatch();
  await world.write("repo/shop.yml", shop.replace("1", "2"));
  assert.equal(versionIn(await world.next()), "2");
  await world.write("repo/.shop.yml.swp", shop.replace("1", "3"));
  await rename(join(world.dir, "repo/.shop.yml.swp"), join(world.dir, "repo/shop.yml"));
  assert.equal(versionIn(await world.next()), "3");
  await world.write("repo/shop.yml", "branches: [");
  const broken = await world.next();
  assert.equal(versionIn(broken), "3");
  assert.equal(broken.problems.length, 1);
  await unlink(join(world.dir, "repo/shop.yml"));
  assert.equal((await world.next()).apps.size, 0);
});

test("a saved file is told within 300 ms", async () => {
  await using world = await startWatch();
  const waitedMs: number[] = [];
  for (const version of ["2", "3", "4", "5", "6"]) {
    const next = world.next();
    await world.write("repo/shop.yml", shop.replace("1", version));
    const saved = performance.now();
    assert.equal(versionIn(await next), version);
    waitedMs.push(performance.now() - saved);
  }
  const [, , median] = waitedMs.toSorted((a, b) => a - b);
  assert.ok(median !== undefined && median < 300, `it took ${median} ms`);
});

test("folders that appear, go, or are swapped are followed", async () => {
  await using world = await startWatch({});
  await world.write("repo/shop.yml", shop);
  assert.equal(versionIn(await world.next()), "1");
  await world.write("repo/shop.yml", shop.replace("1", "2"));
  assert.equal(versionIn(await world.next()), "2");
  await rename(world.dir, `${world.dir}.old`);
  assert.equal((await world.next()).apps.size, 0);
  await rename(`${world.dir}.old`, world.dir);
  assert.equal(versionIn(await world.next()), "2");
  await world.write("repo/shop.yml", shop.replace("1", "4"));
  assert.equal(versionIn(await world.next()), "4");
  await removeTree(join(world.dir, "repo"));
  assert.equal((await world.next()).apps.size, 0);
  await mkdir(world.keyDir, { recursive: true });
  await writeFile(join(world.keyDir, "ann.pub"), "nonsense\n");
  assert.equal((await world.next()).problems[0]?.line, 1);
});

test("many changes at once are told together, and a touch without a change is not told", async () => {
  await using world = await startWatch();
  const begunMs = performance.now();
  for (let i = 0; i < 50; i += 1) await world.write(`repo/app-${i}.yml`, shop);
  while ((world.told.at(-1)?.apps.size ?? 0) < 51) await world.next();
  const tookMs = performance.now() - begunMs;
  await world.write("repo/shop.yml", shop);
  await chmod(join(world.dir, "repo/shop.yml"), 0o600);
  await sleep(300);
  // Each time after 100 ms of quiet, so more than once or twice only where the writing took long.
  assert.ok(world.told.length <= 1 + Math.floor(tookMs / 100), `${world.told.length}`);
  assert.equal(world.told.at(-1)?.apps.size, 51);
});

test("a watch that is disposed of tells nothing more", async () => {
  await using world = await startWatch();
  await world.write("repo/shop.yml", shop.replace("1", "2"));
  await world.watch[Symbol.asyncDispose]();
  await sleep(300);
  assert.deepEqual(world.told, []);
});

test("without a reading before, the first word is what is there", async () => {
  await using world = await createConfigWorld();
  await world.write("repo/shop.yml", shop);
  const listener = createListener();
  await using _watch = world.open().watch(listener.onChange);
  assert.equal(versionIn(await listener.next()), "1");
});
