import assert from "node:assert/strict";
import { test } from "node:test";
import { BranchConfig } from "#domain/branch.ts";
import {
  assertSettled,
  atStep,
  createWorld,
  eventually,
  webFiles,
  type World,
} from "../../test/engine-world.ts";

test("a push makes a release, an instance and a route, and moves the branch", async () => {
  await using world = await createWorld();
  const { store, router, source } = world;
  const app = await world.engine.createApp("shop", "ann");
  const job = await world.push("shop");
  assert.equal(job.status, "done");
  const [first] = store.branches.of(app.id);
  assert.equal(first?.currentReleaseId, job.releaseId);
  assert.equal(await source.tipOf(app.id, "main"), job.input.commit);
  const answer = router.answer("shop.localhost", "/", 0);
  assert.deepEqual(answer, { do: "pass", peers: ["127.0.0.1:61500"], path: "/" });
  assert.match(await world.output(job), /Starting web x1\n[^]*v1 is live/);
  await assertSettled(world);
});

const maintained = BranchConfig.parse({ hooks: { maintenance: ["migrate"] } });
const withHook = {
  apps: new Map([["shop", { file: "repo/shop.yml", branches: new Map([["main", maintained]]) }]]),
};

test("while maintenance hooks run nothing of the app runs and requests wait", async () => {
  await using world = await createWorld(withHook);
  await world.push("shop");
  const seen: unknown[] = [];
  world.runner.programs.set("migrate", async () => {
    seen.push(world.executor.started().length, world.router.answer("shop.localhost", "/", 0).do);
  });
  const job = await world.push("shop");
  assert.equal(job.status, "done");
  assert.deepEqual(seen, [0, "wait"]);
  await assertSettled(world);
});

test("maintenance hooks wait for the last request of the release before", async () => {
  await using world = await createWorld(withHook);
  const { store, executor } = world;
  await world.push("shop");
  const last = underWay(world);
  const seen: number[] = [];
  world.runner.programs.set("migrate", async () => void seen.push(executor.started().length));
  const pushed = world.push("shop");
  await eventually(() => store.instances.list().some((it) => it.drainingAt), "the old one leaves");
  assert.deepEqual([seen.length, executor.started().length], [0, 1]);
  last.resolve();
  assert.equal((await pushed).status, "done");
  assert.deepEqual(seen, [0]);
});

test("when a maintenance hook fails, requests wait until the release before is up again", async () => {
  await using world = await createWorld(withHook);
  const { store, router, runner, executor } = world;
  await world.push("shop");
  runner.programs.set("migrate", async () => {
    executor.programs.set("node server.js", { kind: "deaf", listening: [] });
    return { code: 1 };
  });
  const pushed = world.push("shop");
  await eventually(() => store.releases.of(1)[0]?.status === "failed", "the release failed");
  await eventually(() => executor.started().length === 1, "the old one is started again");
  assert.equal(router.answer("shop.localhost", "/", 0).do, "wait");
  executor.programs.clear();
  const job = await pushed;
  assert.equal(job.error?.code, "hook_failed");
  assert.equal(router.answer("shop.localhost", "/", 0).do, "pass");
  assert.equal(store.releases.get(store.branches.get(1)?.currentReleaseId ?? 0)?.number, 1);
  await assertSettled(world);
});

test("hooks that run while the old release serves stop nothing", async () => {
  const serving = BranchConfig.parse({ hooks: { maintenance: ["migrate"], whileServing: true } });
  const apps = new Map([["shop", { file: "f", branches: new Map([["main", serving]]) }]]);
  await using world = await createWorld({ apps });
  await world.push("shop");
  const seen: unknown[] = [];
  world.runner.programs.set("migrate", async () => {
    seen.push(world.executor.started().length, world.router.answer("shop.localhost", "/", 0).do);
  });
  await world.push("shop");
  assert.deepEqual(seen, [1, "pass"]);
});

test("an instance that ends fails the deploy with its exit code, and the old release serves on", async () => {
  await using world = await createWorld();
  const { store, executor, router, workspace } = world;
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  executor.programs.set("crash", { kind: "exits", exit: { code: 3, signal: null } });
  const job = await world.push("shop", { Procfile: "web: crash\n" });
  assert.equal(job.error?.code, "unhealthy");
  assert.match(
    job.error?.message ?? "",
    /web\.1 of shop did not become healthy: it exited with code 3/,
  );
  await eventually(() => store.instances.list().length === 1, "the new one is gone");
  assert.equal(router.answer("shop.localhost", "/", 0).do, "pass");
  assert.equal(store.branches.get(1)?.currentReleaseId, store.releases.numbered(1, 1)?.id);
  assert.deepEqual(await workspace.ids(), store.artifacts.ids());
  await assertSettled(world);
});

test("a new release that ends just after it took over gives the traffic back", async () => {
  await using world = await createWorld();
  const { store, executor, router } = world;
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  world.killWhen = (verb, args) => {
    const isSwitch = atStep("switch")(verb, args);
    const young = executor.started().at(-1);
    if (isSwitch && young) executor.crash(young.id, { code: 1, signal: null });
    return false;
  };
  const job = await world.push("shop");
  assert.equal(job.error?.code, "unhealthy");
  assert.equal(store.releases.get(store.branches.get(1)?.currentReleaseId ?? 0)?.number, 1);
  await eventually(() => store.instances.list().length === 1, "the new one is gone");
  assert.equal(router.answer("shop.localhost", "/", 0).do, "pass");
  await assertSettled(world);
});

test("an instance that never listens is named with the port on which it does", async () => {
  const config = BranchConfig.parse({ health: { timeoutS: 0.1 } });
  const apps = new Map([["shop", { file: "f", branches: new Map([["main", config]]) }]]);
  await using world = await createWorld({ apps });
  world.executor.programs.set("node server.js", { kind: "deaf", listening: [3000] });
  const job = await world.push("shop");
  assert.match(
    job.error?.message ?? "",
    /it listens on port 3000 and not on \$PORT, which is 61500/,
  );
  await eventually(() => world.store.instances.list().length === 0, "nothing is left");
});

test("a port range that is used up fails the deploy and leaves no half row", async () => {
  const settings = { ports: { min: 61_500, max: 61_502 } };
  await using world = await createWorld();
  world.config = { ...world.config, settings: { ...world.config.settings, ...settings } };
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  world.executor.foreignPorts.add(61_501);
  const job = await world.push("shop");
  assert.equal(job.error?.code, "ports_used_up");
  assert.equal(world.store.instances.list().length, 1);
  await assertSettled(world);
  world.executor.foreignPorts.clear();
  assert.equal((await world.push("shop")).status, "done");
});

test("a failed build removes what it had begun, and says which step failed", async () => {
  await using world = await createWorld();
  const { store, workspace, runner } = world;
  await world.engine.createApp("shop", "ann");
  runner.programs.set("./.build.sh", async ({ onOutput }) => {
    onOutput(Buffer.from("no compiler\n"));
    return { code: 7 };
  });
  const job = await world.push("shop", { ...webFiles, ".build.sh": "" });
  assert.equal(job.error?.code, "build_failed");
  assert.match(job.error?.message ?? "", /exited with code 7/);
  assert.match(await world.output(job), /no compiler/);
  assert.deepEqual(await workspace.ids(), []);
  assert.equal(store.releases.of(1).length, 0);
});

test("config vars that were set while the first deploy ran are kept", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  world.runner.programs.set("./.build.sh", async () => {
    assert.equal(await world.engine.setConfigVars("shop", { COLOUR: "blue" }, "ann"), null);
  });
  await world.push("shop", { ...webFiles, ".build.sh": "" });
  assert.deepEqual(await world.engine.configVars("shop"), { COLOUR: "blue" });
});

test("a rollback brings back code and config as a new release", async () => {
  await using world = await createWorld();
  const { store, engine } = world;
  await engine.createApp("shop", "ann");
  const first = await world.push("shop");
  await world.ended(await engine.setConfigVars("shop", { COLOUR: "blue" }, "ann"));
  await world.push("shop");
  const back = await world.ended(await engine.rollback("shop", 1, "ann"));
  assert.equal(back.status, "done");
  const current = await engine.releaseInfo("shop", null);
  assert.deepEqual([current.number, current.commit], [4, first.input.commit]);
  assert.deepEqual(await engine.configVars("shop"), {});
  await eventually(() => store.instances.list().length === 1, "the others are gone");
  assert.deepEqual(store.instances.list()[0]?.spec.env, { GIT_COMMIT: first.input.commit });
  await assert.rejects(engine.rollback("shop", 9, "ann"), { code: "release_not_found" });
});

test("a rollback takes nothing from what a file says, which the next deploy has again", async () => {
  const said = (colour: string) => {
    const config = BranchConfig.parse({ env: { COLOUR: colour } });
    return new Map([["shop", { file: "f", branches: new Map([["main", config]]) }]]);
  };
  await using world = await createWorld({ apps: said("red") });
  const { store, engine } = world;
  await world.push("shop");
  world.config = { ...world.config, apps: said("blue") };
  await engine.configure(world.config);
  await eventually(() => store.releases.of(1)[0]?.status === "healthy", "v2 is healthy");
  const current = () => store.releases.get(store.branches.get(1)?.currentReleaseId ?? 0);
  await eventually(() => current()?.number === 2, "v2 is current");
  assert.equal((await world.ended(await engine.rollback("shop", 1, "ann"))).status, "done");
  assert.deepEqual(current()?.config.env, { COLOUR: "red" });
  assert.deepEqual(store.branches.get(1)?.config.env, { COLOUR: "blue" });
  await world.push("shop");
  assert.deepEqual(current()?.config.env, { COLOUR: "blue" });
});

test("a config that does not get healthy is not kept", async () => {
  await using world = await createWorld();
  const { executor, engine } = world;
  await engine.createApp("shop", "ann");
  await world.push("shop");
  executor.programs.set("node server.js", {
    kind: "exits",
    exit: { code: null, signal: "SIGSEGV" },
  });
  const job = await world.ended(await engine.setConfigVars("shop", { COLOUR: "blue" }, "ann"));
  assert.match(job.error?.message ?? "", /was killed by SIGSEGV/);
  assert.deepEqual(await engine.configVars("shop"), {});
});

test("releases beyond those kept lose their code, and only they", async () => {
  const config = BranchConfig.parse({ keepReleases: 2 });
  const apps = new Map([["shop", { file: "f", branches: new Map([["main", config]]) }]]);
  await using world = await createWorld({ apps });
  const { store, workspace, source, engine } = world;
  for (let push = 0; push < 4; push += 1) await world.push("shop");
  await eventually(() => store.instances.list().length === 1, "the old ones are gone");
  await world.push("shop");
  const kept = store.artifacts.of(1).filter(({ status }) => status === "ready");
  assert.deepEqual(new Set(await workspace.ids()), new Set(kept.map(({ id }) => id)));
  assert.ok(kept.length <= 3);
  assert.equal(Object.keys(source.pins(1)).length, kept.length);
  await assert.rejects(engine.rollback("shop", 1, "ann"), { code: "artifact_pruned" });
});

test("an instance that still has a request keeps running, and its code stays", async () => {
  const config = BranchConfig.parse({ keepReleases: 2 });
  const apps = new Map([["shop", { file: "f", branches: new Map([["main", config]]) }]]);
  await using world = await createWorld({ apps });
  const { store, executor, workspace, router } = world;
  await world.push("shop");
  const [old] = store.instances.list();
  const last = underWay(world);
  for (let push = 0; push < 2; push += 1) assert.equal((await world.push("shop")).status, "done");
  const answer = router.answer("shop.localhost", "/", 0);
  assert.ok(answer.do === "pass" && !answer.peers.includes(`127.0.0.1:${old?.port}`));
  assert.ok(executor.started().some(({ id }) => id === old?.id));
  assert.ok((await workspace.ids()).includes(old?.spec.artifactId ?? 0));
  last.resolve();
  await eventually(() => executor.started().length === 1, "it is stopped then");
  await world.push("shop");
  await eventually(() => store.instances.list().length === 1, "one runs");
  assert.ok(!(await workspace.ids()).includes(old?.spec.artifactId ?? 0));
});

test("a destroyed app leaves nothing, and its neighbour everything", async () => {
  await using world = await createWorld();
  const { store, engine, executor, router, workspace } = world;
  await engine.createApp("shop", "ann");
  await engine.createApp("shop-admin", "ann");
  await world.push("shop");
  await world.push("shop-admin");
  await engine.addDomain("shop", "shop.example.com", "ann");
  const job = await world.ended(await engine.destroyApp("shop", "ann"));
  assert.deepEqual([job.status, job.target, job.appId], ["done", "shop", 1]);
  assert.deepEqual(
    job.steps.map(({ name, status }) => [name, status]),
    [
      ["branch", "done"],
      ["remove", "done"],
    ],
  );
  assert.deepEqual(
    store.apps.list().map(({ name }) => name),
    ["shop-admin"],
  );
  assert.equal(executor.started().length, 1);
  assert.deepEqual(Object.keys(router.table().hosts), ["shop-admin.localhost"]);
  assert.deepEqual(store.domains.list(), []);
  assert.deepEqual(await workspace.ids(), store.artifacts.ids());
  await engine.createApp("shop", "ann");
  assert.equal(store.releases.of(store.branches.list().at(-1)?.id ?? 0).length, 0);
});

/** A request to the only instance that does not end before it is told to. */
function underWay({ store, router }: World): PromiseWithResolvers<void> {
  const [only] = store.instances.list();
  const request = Promise.withResolvers<void>();
  router.underWay.set(`127.0.0.1:${only?.port}`, request.promise);
  return request;
}
