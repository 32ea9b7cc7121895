import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { joinFiles, memoryEventsFile } from "#domain/realm.ts";
import { ended, start } from "#lib/exec.ts";
import {
  joined,
  mebi,
  namesOf,
  openWorld,
  readIn,
  runIn,
  small,
  uid,
} from "../../../test/cgroup-world.ts";
import { temporaryFolder } from "../../../test/machine.ts";

test("a process beyond its memory is ended, and the kernel's count says so", async (t) => {
  await using world = await openWorld(t, ["memory"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, small);
  const hog = "const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));";
  const end = await runIn(world, ["node", "-e", hog]);
  assert.equal(end.signal, "SIGKILL");
  assert.ok((await cgroups.kills(cgroup)) >= 1);
});

test("what processes share is counted once, and files that nobody needs are not", async (t) => {
  await using world = await openWorld(t, ["memory"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  assert.equal(await cgroups.memory(cgroup), null);
  cgroups.create(cgroup, small);
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  // Written once, then 20 MB that four processes have together.
  const sharing =
    'my $held; $held .= "x" x 1e6 for 1 .. 20; fork() for 1, 2; print "."; close(STDOUT); sleep(600)';
  await runIn(world, ["dd", "if=/dev/zero", `of=${file}`, "bs=1M", "count=30", "conv=fsync"]);
  const child = start(joined(world, ["perl", "-e", sharing]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = ended(child);
  for await (const _ of child.stdout ?? []);
  // Where the folder for temporary files is in memory, the file is needed there.
  const inMemory = Number(/^shmem (\d+)$/m.exec(await readIn(world, "memory.stat"))?.[1]);
  const used = ((await cgroups.memory(cgroup)) ?? 0) - inMemory;
  assert.ok(used > 19 * mebi && used < 40 * mebi, `${used} bytes, and ${inMemory}`);
  await cgroups.remove(cgroup);
  await end;
});

test("a fork bomb stops at its number of processes, and all of it is removed", async (t) => {
  await using world = await openWorld(t, ["pids"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, small);
  const bomb = start(
    joined(world, ["sh", "-c", "(for i in $(seq 100); do sleep 600 & done); exec sleep 600"]),
    { stdio: "ignore" },
  );
  const bombEnd = ended(bomb);
  const pids = async () => Number(await readIn(world, "pids.current"));
  while ((await pids()) < small.pids - 1) await new Promise((wait) => setTimeout(wait, 20));
  assert.ok((await pids()) <= small.pids);
  await cgroups.remove(cgroup);
  assert.equal((await bombEnd).signal, "SIGKILL");
  assert.deepEqual(await namesOf(world), []);
});

test("the processor's time is cut at the limit", async (t) => {
  await using world = await openWorld(t, ["cpu"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, { ...small, cpuCores: 0.1 });
  const startedMs = performance.now();
  await runIn(world, ["timeout", "1", "sh", "-c", "while :; do :; done"]);
  const tookMs = performance.now() - startedMs;
  const used = /^usage_usec (\d+)$/m.exec(await readIn(world, "cpu.stat"))?.[1];
  const usedMs = Number(used) / 1000;
  assert.ok(usedMs > 20, `${usedMs} ms are counted`);
  assert.ok(usedMs < tookMs * 0.3, `${usedMs} ms of ${tookMs} ms`);
});

test("limits are changed while it runs, up and down, as often as asked", async (t) => {
  await using world = await openWorld(t, ["memory", "pids"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, small);
  for (const memoryBytes of [256 * mebi, 32 * mebi, 32 * mebi, 128 * mebi]) {
    cgroups.update(cgroup, { ...small, memoryBytes });
    const file = memoryEventsFile({ cgroups: world.places }, cgroup);
    assert.ok(file);
    const name = existsSync(join(dirname(file), "memory.max"))
      ? "memory.max"
      : "memory.limit_in_bytes";
    assert.equal(Number(await readFile(join(dirname(file), name), "utf8")), memoryBytes);
  }
});

test("class 22, exhaustion: all of an app together leaves others something of the machine", async (t) => {
  await using world = await openWorld(t, ["memory", "pids"]);
  if (!world) return;
  world.cgroups.create(world.cgroup, { ...small, memoryBytes: 64 * mebi ** 2, pids: 1_000_000 });
  const [memory2, memory1, pids] = await Promise.all(
    ["memory.max", "memory.limit_in_bytes", "pids.max"].map((it) => readIn(world, `../${it}`)),
  );
  assert.ok(Number(memory2 || memory1) <= totalmem() * 0.75, `${memory2}${memory1}`);
  const pidsMax = Number(await readFile("/proc/sys/kernel/pid_max", "utf8"));
  assert.equal(Number(pids), Math.floor(pidsMax / 8));
});

test("what is created or removed twice is there, or gone, all the same", async (t) => {
  await using world = await openWorld(t, []);
  if (!world) return;
  const { cgroups, cgroup } = world;
  await cgroups.remove(cgroup);
  cgroups.create(cgroup, small);
  cgroups.create(cgroup, small);
  assert.deepEqual(await namesOf(world), [cgroup.name]);
  await cgroups.removeApp(uid);
  await cgroups.removeApp(uid);
  assert.deepEqual(await namesOf(world), []);
});

test("two homes share nothing, not even for the same uid", async (t) => {
  await using one = await openWorld(t, []);
  await using two = await openWorld(t, []);
  if (!one || !two) return;
  one.cgroups.create(one.cgroup, small);
  assert.deepEqual(await namesOf(two), []);
  const files = joinFiles({ cgroups: two.places }, two.cgroup);
  assert.deepEqual(
    joinFiles({ cgroups: one.places }, one.cgroup).filter((file) => files.includes(file)),
    [],
  );
});

test("names that could lead elsewhere are refused", async (t) => {
  await using world = await openWorld(t, []);
  if (!world) return;
  for (const name of ["", ".", "..", "../x", "a/b", "a\nb", "A", "x".repeat(100)]) {
    assert.throws(() => world.cgroups.create({ uid, name }, small), /no name of a cgroup/);
  }
  assert.throws(() => world.cgroups.create({ uid: 0, name: "i1" }, small), /no uid/);
});
