import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { ended, start } from "#lib/exec.ts";
import { parseNumbers } from "#lib/number-list.ts";
import { joined, openWorld, readIn, runIn, small, uid } from "../../../test/cgroup-world.ts";
import { LightFirst } from "./light-first.ts";
import { countsIn } from "./processor-counts.ts";
import { confinedOf } from "./walls.ts";

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

test("what an app's loggers use is counted apart, and as the app's as well", async (t) => {
  await using world = await openWorld(t, ["cpu"]);
  if (!world) return;
  const counts = countsIn(world.places);
  if (!counts) return t.skip("this kernel takes no order of cgroups");
  const app = `u${uid}`;
  const kept = { limits: small, user: 1, network: "open", port: null } as const;
  assert.equal(counts.loggedMs(app), 0);
  const spin = async (name: string) => {
    const one = { ...world, cgroup: { uid, name } };
    world.cgroups.create(one.cgroup, small);
    await runIn(one, ["perl", "-e", "1 until (times)[0] > 0.1"]);
  };
  const namesOf = (id: number) => confinedOf(id, kept).map(({ name }) => name) as [string, string];
  const [[own, logger], [, another]] = [namesOf(1), namesOf(23)];
  await spin(own);
  assert.ok(counts.usedMs(app) >= 90);
  assert.equal(counts.loggedMs(app), 0);
  await spin(logger);
  await spin(another);
  assert.ok(counts.loggedMs(app) >= 180);
  assert.ok(counts.usedMs(app) - counts.loggedMs(app) >= 90);
});

/** A program that becomes `sleep`, however it begins. */
async function startSleeper(argv: [string, ...string[]]) {
  const child = start(argv, { stdio: "ignore" });
  const end = ended(child);
  while ((await readFile(`/proc/${child.pid}/comm`, "utf8")) !== "sleep\n")
    await new Promise(setImmediate);
  return {
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
