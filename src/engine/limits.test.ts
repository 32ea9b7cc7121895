import assert from "node:assert/strict";
import { test } from "node:test";
import { buildLimits, instanceLimits } from "#domain/limits.ts";
import { deployed } from "../../test/deployed.ts";
import { createWorld, eventually, webFiles } from "../../test/engine-world.ts";

const web = { kind: "type", processType: "web" } as const;
const gibi = 1024 ** 3;

test("other limits hold at once for what runs, which is not restarted", async () => {
  await using world = await deployed();
  const { engine, store, executor } = world;
  const [before] = store.instances.list();
  const job = await engine.setLimits("shop", { scope: web, limits: { memoryBytes: gibi } }, "ann");
  const { status, input } = await world.ended(job);
  assert.deepEqual([status, input.description], ["done", "Limit web to memory=1G"]);
  const [after, ...more] = store.instances.list();
  assert.deepEqual([after?.id, more], [before?.id, []]);
  assert.equal(after?.spec.limits.memoryBytes, gibi);
  assert.equal(executor.started()[0]?.spec.limits.memoryBytes, gibi);
  const [, second] = store.releases.of(store.branches.list()[0]?.id ?? 0).toReversed();
  assert.deepEqual(second?.config.limits.types, { web: { memoryBytes: gibi } });
});

test("a rollback brings the limits back, too", async () => {
  await using world = await deployed();
  const { engine, executor } = world;
  const memory = () => executor.started()[0]?.spec.limits.memoryBytes;
  await world.ended(
    await engine.setLimits("shop", { scope: web, limits: { memoryBytes: gibi } }, "ann"),
  );
  await world.ended(await engine.rollback("shop", null, "ann"));
  await eventually(() => memory() === instanceLimits.memoryBytes, "the old limit");
});

test("what a program has from its start to its end needs another instance", async () => {
  await using world = await deployed();
  const { engine, store } = world;
  const [before] = store.instances.list();
  await world.ended(
    await engine.setLimits("shop", { scope: web, limits: { openFiles: 99 } }, "ann"),
  );
  await eventually(() => store.instances.list().length === 1, "the old one is gone");
  const [after] = store.instances.list();
  assert.notEqual(after?.id, before?.id);
  assert.equal(after?.spec.limits.openFiles, 99);
});

test("builds have limits of their own, which make no release", async () => {
  await using world = await deployed();
  const { engine } = world;
  const change = { scope: { kind: "build" }, limits: { cpuCores: 4 } } as const;
  assert.equal(await engine.setLimits("shop", change, "ann"), null);
  assert.deepEqual(await engine.limits("shop"), [
    { scope: web, limits: instanceLimits, chosen: [], used: null, notes: [] },
    {
      scope: { kind: "build" },
      limits: { ...buildLimits, cpuCores: 4 },
      chosen: ["cpu"],
      used: null,
      notes: ["cpu=4 is more than there is: this machine has 2."],
    },
  ]);
  const events = await engine.listEvents({ target: null, visible: null, limit: 100 });
  const said = events.filter(({ type }) => type === "limits.changed");
  assert.deepEqual(
    said.map(({ message }) => message),
    ["Limit builds to cpu=4."],
  );
});

test("a limit that is as asked already changes nothing; a type that is not there is refused", async () => {
  await using world = await deployed();
  const { engine } = world;
  const nothing = { scope: web, limits: { pids: null } } as const;
  assert.equal(await engine.setLimits("shop", nothing, "ann"), null);
  const unknown = { scope: { kind: "type", processType: "wbe" }, limits: { pids: 9 } } as const;
  await assert.rejects(() => engine.setLimits("shop", unknown, "ann"), {
    code: "process_type_not_found",
  });
});

test("an instance that ran out of memory is told as such, with what to type", async () => {
  await using world = await deployed();
  const { engine, executor, store } = world;
  const [only] = store.instances.list();
  const exit = { code: null, signal: "SIGKILL", outOfMemory: true };
  executor.programs.set("node server.js", { kind: "exits", exit });
  executor.crash(only?.id ?? 0, exit);
  const told = async () =>
    (await engine.listEvents({ target: "shop", visible: null, limit: 100 })).find(
      ({ type }) => type === "instance.out_of_memory",
    )?.message;
  for (let tries = 0; (await told()) === undefined && tries < 200; tries += 1) {
    await new Promise((wait) => setTimeout(wait, 10));
  }
  assert.equal(
    await told(),
    "web.1: it ran out of memory: its limit is 512M. Let it use less, or allow it more: berth limits:set memory=1G --type web -a shop",
  );
});

test("class 22, exhaustion: a team has only so many apps, made or handed over", async () => {
  await using world = await createWorld();
  const { engine, store } = world;
  world.config.settings.teamAppsMax = 2;
  const { id } = store.people.teams.add({ name: "blue", createdAt: new Date(0) });
  for (const name of ["shop", "blog"]) await engine.createApp(name, "ann");
  const full = { code: "too_many_apps", message: /a team may have 2/ };
  await assert.rejects(() => engine.createApp("wiki", "ann"), full);
  assert.equal(store.apps.named("wiki"), null);
  for (const name of ["wiki", "mail"]) await engine.createApp(name, "ann", id);
  const handOver = (app: string) => engine.people.transferApp({ app, teamId: id, actor: "ann" });
  assert.throws(() => handOver("shop"), full);
  handOver("wiki");
  assert.notEqual(store.apps.named("shop")?.teamId, id);
});

test("class 22, exhaustion: an app has only so many instances, by its code as by a command", async () => {
  await using world = await createWorld();
  const { engine, store } = world;
  world.config.settings.appInstancesMax = 3;
  await engine.createApp("shop", "ann");
  assert.equal((await world.push("shop")).status, "done");
  const scaled = async (count: number) =>
    world.ended(await engine.scale("shop", { web: count }, "ann"));
  assert.equal((await scaled(3)).status, "done");
  const refused = await scaled(4);
  assert.match(refused.error?.message ?? "", /shop would have 4 instances, and an app may have 3/);
  const Procfile = "web: node server.js\na: x\n";
  const crowd = await world.push("shop", { ...webFiles, Procfile });
  assert.equal(crowd.error?.code, "too_many_instances");
  assert.equal(store.instances.list().length, 3);
});
