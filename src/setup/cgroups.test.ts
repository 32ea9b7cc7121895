import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { instanceLimits } from "#domain/limits.ts";
import { Cgroups } from "#drivers/privileges/cgroups.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { makeCgroups } from "./cgroups.ts";

const uid = 1_999_990_001;
const mebi = 1024 ** 2;
const small = { ...instanceLimits, memoryBytes: 64 * mebi, pids: 20 };

/** A machine with version 2 alone, as far as files can play it: what is written where. */
test("version 2 gives its controllers down to each cgroup and takes its own processes aside", async () => {
  await using folder = await temporaryFolder();
  const unit = join(folder.path, "system.slice/berth.service");
  const app = join(unit, "apps", `u${uid}`);
  for (const path of [
    folder.path,
    join(folder.path, "system.slice"),
    unit,
    join(unit, "apps"),
    app,
  ]) {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "cgroup.controllers"), "cpuset cpu io memory pids\n");
  }
  await writeFile(join(unit, "cgroup.procs"), "4711\n");
  const own = "/system.slice/berth.service";
  const hierarchy = { version: 2, controllers: [], mountedAt: folder.path, own } as const;
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const cgroups = new Cgroups(await makeCgroups("key", self, [hierarchy]), async () => {});
  assert.deepEqual(cgroups.controllers, ["memory", "cpu", "pids", "cpuset"]);
  cgroups.create({ uid, name: "i1" }, { ...small, cpuCores: 1.5 });
  const text = (path: string) => readFile(join(unit, path), "utf8");
  assert.equal(await text("platform/cgroup.procs"), "4711");
  for (const path of [".", "apps", `apps/u${uid}`]) {
    assert.equal(await text(`${path}/cgroup.subtree_control`), "+memory +cpu +pids +cpuset", path);
  }
  const cgroup = `apps/u${uid}/i1`;
  assert.equal(await text(`${cgroup}/memory.max`), String(64 * mebi));
  assert.equal(await text(`${cgroup}/memory.swap.max`), "0");
  assert.equal(await text(`${cgroup}/memory.oom.group`), "1");
  assert.equal(await text(`${cgroup}/cpu.max`), "30000 20000");
  assert.equal(await text(`${cgroup}/cpu.max.burst`), "30000");
  assert.equal(await text(`${cgroup}/cpu.weight`), "150");
  assert.equal(await text("platform/cpu.weight"), "200");
  cgroups.create({ uid, name: "cbuild" }, { ...small, cpuCores: 2 });
  assert.equal(await text(`apps/u${uid}/cbuild/cpu.weight`), "25");
  const held = await cgroups.look({ uid, name: "i1" }, []);
  assert.deepEqual(held, {
    "memory.max": String(64 * mebi),
    "cpu.max": "30000 20000",
    "pids.max": "20",
  });
  await writeFile(join(unit, cgroup, "memory.events"), "max 7\noom 3\noom_kill 2\n");
  assert.equal(await cgroups.kills({ uid, name: "i1" }), 2);
});
