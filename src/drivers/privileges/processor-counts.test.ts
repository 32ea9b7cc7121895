import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { platformCgroup } from "#domain/realm.ts";
import { controllers, readHierarchies, type Hierarchy } from "#lib/cgroups.ts";
import { ended, start } from "#lib/exec.ts";
import { inCgroups } from "#lib/in-cgroups.ts";
import { parseNumbers } from "#lib/number-list.ts";
import { makeCgroups, removeCgroups } from "#setup/cgroups.ts";
import { account, joined, openWorld, readIn, small, uid } from "../../../test/cgroup-world.ts";
import { LightFirst } from "./light-first.ts";
import { countsIn, platform } from "./processor-counts.ts";

test("an app that uses much of the processors is put behind the others, in the kernel's own words", async (t) => {
  await using world = await openWorld(t, ["cpu"]);
  if (!world) return;
  const counts = countsIn(world.places);
  if (!counts) return t.skip("this kernel takes no order of cgroups");
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, { ...small, cpuCores: 2 });
  // On so large a machine no other program uses half of it.
  const apps = new LightFirst(counts, 10_000);
  const spin = "while :; do :; done";
  const loops = start(joined(world, ["timeout", "20", "sh", "-c", `(${spin}) & ${spin}`]), {
    stdio: "ignore",
  });
  const loopsEnd = ended(loops);
  const idle = async () => (await readIn(world, "../cpu.idle")).trim();
  assert.equal(await idle(), "0");
  while ((await idle()) === "0" && loops.exitCode === null)
    await new Promise((wait) => setTimeout(wait, apps.look()));
  assert.equal(await idle(), "1");
  assert.equal((await cgroups.use(cgroup)).isBehind, true);
  await cgroups.remove(cgroup);
  await loopsEnd;
  // The next berthd finds it there, and a cgroup that is gone is no error.
  assert.ok(counts.isBehind(`u${uid}`));
  await cgroups.removeApp(uid);
  assert.ok(apps.look() > 0);
});

test("one that stands behind is kept to processors of its own, and free again when it does no longer", async (t) => {
  await using world = await openWorld(t, ["cpu", "cpuset"]);
  if (!world) return;
  const counts = countsIn(world.places);
  if (!counts || counts.processors.length < 2) return t.skip("nothing to be kept to");
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, { ...small, cpuCores: 1.5 });
  assert.equal(counts.coresMax(`u${uid}`), 1.5);
  await using sleeper = await startSleeper(joined(world, ["sleep", "60"]));
  const last = counts.processors.slice(-1);
  counts.keepTo(`u${uid}`, last);
  assert.deepEqual(await sleeper.allowed(), last);
  counts.keepTo(`u${uid}`, counts.processors);
  assert.deepEqual(await sleeper.allowed(), counts.processors);
  await cgroups.remove(cgroup);
  counts.keepTo(`u${uid}`, last);
});

test("the platform is kept to processors, too, where it stands in a cgroup of its own, as systemd has it", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root may make cgroups");
  await using first = await startSleeper(["sleep", "60"]);
  const hierarchies = await unitOf(first.pid);
  const places = await makeCgroups("key", account, hierarchies);
  try {
    const counts = countsIn(places);
    const own = places.find((it) => it.controllers.includes("cpuset"));
    if (!counts || !own || counts.processors.length < 2) return t.skip("nothing to be kept to");
    const folders = places.flatMap((it) => platformCgroup(it) ?? []);
    await using later = await startSleeper(inCgroups(folders, "sleep", "60"));
    const last = counts.processors.slice(-1);
    counts.keepTo(platform, last);
    assert.deepEqual(await later.allowed(), last);
    // In version 1 nobody moves what runs already.
    if (own.version === 2) assert.deepEqual(await first.allowed(), last);
    counts.keepTo(platform, counts.processors);
    assert.deepEqual(await later.allowed(), counts.processors);
    // berthd is who says so.
    const { uid: owner } = await stat(join(own.standing, "cpuset.cpus"));
    assert.equal(owner, account.uid);
  } finally {
    first.end();
    await removeCgroups(places);
  }
  for (const { apps } of places) assert.ok(!existsSync(dirname(apps)), "nothing of it is left");
});

/** Hierarchies in which a process is that of a unit, which systemd has given its part of them. */
async function unitOf(pid: number): Promise<Hierarchy[]> {
  const name = `berth-test-${pid}.service`;
  const hierarchies = await readHierarchies();
  for (const { version, mountedAt } of hierarchies) {
    if (version === 2) await giveDown(mountedAt);
    await mkdir(join(mountedAt, name));
    if (version === 2) await writeFile(join(mountedAt, name, "cgroup.procs"), String(pid));
  }
  return hierarchies.map((it) => ({ ...it, own: `/${name}` }));
}

async function giveDown(root: string): Promise<void> {
  const text = await readFile(join(root, "cgroup.controllers"), "utf8");
  const wanted = text.split(/\s/).filter((it) => (controllers as readonly string[]).includes(it));
  const words = wanted.map((it) => `+${it}`).join(" ");
  if (words !== "") await writeFile(join(root, "cgroup.subtree_control"), words);
}

/** A program that becomes `sleep`, however it begins. */
async function startSleeper(argv: [string, ...string[]]) {
  const child = start(argv, { stdio: "ignore" });
  const end = ended(child);
  while ((await readFile(`/proc/${child.pid}/comm`, "utf8")) !== "sleep\n")
    await new Promise(setImmediate);
  return {
    pid: child.pid ?? 0,
    end: () => void child.kill("SIGKILL"),
    allowed: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      return [...parseNumbers(/^Cpus_allowed_list:(.*)$/m.exec(status)?.[1] ?? "")];
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await end;
    },
  };
}
