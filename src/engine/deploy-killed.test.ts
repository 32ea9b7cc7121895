import assert from "node:assert/strict";
import { test } from "node:test";
import { BranchConfig } from "#domain/branch.ts";
import { machineClock } from "#lib/clock.ts";
import {
  assertSettled,
  atStep,
  createWorld,
  eventually,
  webFiles,
} from "../../test/engine-world.ts";

for (const step of ["fetch", "build", "release", "start", "switch", "finish"] as const) {
  test(`a deploy that was killed at "${step}" is finished by the next berthd`, async () => {
    await using world = await createWorld();
    const { store, source } = world;
    const app = await world.engine.createApp("shop", "ann");
    const files = { ...webFiles, Procfile: "web: node server.js\nrelease: migrate\n" };
    let migrations = 0;
    world.runner.programs.set("migrate", async () => void (migrations += 1));
    assert.equal((await world.push("shop", files)).status, "done");
    world.killWhen = atStep(step);
    const commit = source.commit(files, (await source.tipOf(app.id, "main")) ?? undefined);
    const from = await source.tipOf(app.id, "main");
    const job = await world.engine.deploy({ app: "shop", branch: "main", from, commit, actor: "" });
    await world.killed();
    await world.restart();
    const end = await world.ended(job);
    assert.equal(end.status, "done", JSON.stringify(end.error));
    assert.equal(migrations, 2, "one for each of the deploys");
    assert.equal(await source.tipOf(app.id, "main"), commit);
    const [first] = store.branches.of(app.id);
    const current = store.releases.get(first?.currentReleaseId ?? 0);
    assert.deepEqual([current?.number, current?.status, current?.commit], [2, "healthy", commit]);
    await eventually(() => store.instances.list().length === 1, "the old release is gone");
    const [only] = store.instances.list();
    assert.equal(only?.spec.env["GIT_COMMIT"], commit);
    const operations = ["job.deploy"];
    const [told] = store.people.audit.list({ within: null, operations, limit: 1 });
    assert.deepEqual([told?.before, told?.after], [{ release: 1 }, { release: 2 }]);
    await assertSettled(world);
  });
}

const maintained = BranchConfig.parse({ hooks: { maintenance: ["migrate"] } });
const withHook = {
  apps: new Map([["shop", { file: "repo/shop.yml", branches: new Map([["main", maintained]]) }]]),
};

for (const step of ["hold", "hooks", "start", "switch"] as const) {
  test(`a deploy with maintenance that was killed at "${step}" ends serving`, async () => {
    await using world = await createWorld(withHook);
    const { store, source } = world;
    const first = await world.push("shop");
    assert.equal(first.status, "done", JSON.stringify(first.error));
    world.killWhen = atStep(step);
    const from = first.input.commit ?? null;
    const commit = source.commit(webFiles, from ?? undefined);
    const asked = { app: "shop", branch: "main", from, commit, actor: "ann" };
    const job = await world.engine.deploy(asked);
    await world.killed();
    await world.restart();
    assert.equal((await world.ended(job)).status, "done");
    await eventually(() => store.instances.list().length === 1, "the old release is gone");
    await assertSettled(world);
  });
}

for (const hooks of [[], ["migrate"]]) {
  test(`a deploy with ${hooks.length} hooks survives a kill after any of its calls`, async () => {
    const config = BranchConfig.parse({ hooks: { maintenance: hooks } });
    const apps = new Map([["shop", { file: "f", branches: new Map([["main", config]]) }]]);
    // A prime, so that every kind of call has its turn.
    for (let at = 3; at < 110; at += 11) await killAfter(at, { apps });
  });
}

async function killAfter(callsMax: number, config: Parameters<typeof createWorld>[0]) {
  await using world = await createWorld(config);
  const { store, source, router } = world;
  await world.push("shop");
  let calls = 0;
  world.killWhen = () => (calls += 1) === callsMax;
  const from = await source.tipOf(1, "main");
  const commit = source.commit(webFiles, from ?? undefined);
  const asked = { app: "shop", branch: "main", from, commit, actor: "ann" };
  await Promise.allSettled([world.engine.deploy(asked)]);
  await Promise.race([world.killed(), machineClock.sleep(100)]);
  await world.restart();
  const [job] = store.jobs.list({ branchId: 1, limit: 1 });
  // Killed before it was accepted, which the pusher is told.
  if (job?.input.commit !== commit) return;
  assert.equal((await world.ended(job)).status, "done", `killed after call ${callsMax}`);
  assert.equal(await source.tipOf(1, "main"), commit);
  await eventually(() => store.instances.list().length === 1, "the old release is gone");
  await assertSettled(world);
  const peers = [`127.0.0.1:${store.instances.list()[0]?.port}`];
  const answer = () => JSON.stringify(router.answer("shop.localhost", "/", 0));
  const wanted = JSON.stringify({ do: "pass", peers, path: "/" });
  await eventually(() => answer() === wanted, "the route leads to the new release");
}

test("a candidate and a hold that no begun job knows are undone at the start", async () => {
  await using world = await createWorld();
  const { store, executor } = world;
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  const made = store.releases.add({
    branchId: 1,
    artifactId: 1,
    config: BranchConfig.parse({ env: { NEW: "1" } }),
    description: "Left by a crash",
    actor: "ann",
    createdAt: new Date(0),
  });
  store.branches.update(1, { candidateReleaseId: made.id, mode: "held", heldUntil: new Date(0) });
  const waiting = { kind: "restart", branchId: 1, actor: "ann", input: {} } as const;
  const about = { appId: 1, target: "shop", door: "cli" } as const;
  const job = store.jobs.add({ ...waiting, ...about, createdAt: new Date(0) });
  await world.restart();
  assert.equal((await world.ended(job)).status, "done");
  await eventually(() => store.instances.list().length === 1, "one is in the place of the other");
  await assertSettled(world);
  assert.equal(executor.started().length, 1);
});

test("after the machine was switched off, everything is started again", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  world.executor.reboot();
  await world.restart();
  await assertSettled(world);
  assert.equal(world.router.answer("shop.localhost", "/", 0).do, "pass");
});

test("a shutdown leaves nothing running, refuses more work, and the next start brings all back", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  await world.engine.shutDown();
  assert.deepEqual(world.executor.started(), []);
  await assert.rejects(world.engine.stopBranch("shop", "ann"), { code: "stopping" });
  await world.restart();
  await eventually(() => world.executor.started().length === 1, "it is started again");
  await assertSettled(world);
});
