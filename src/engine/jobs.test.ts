import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, eventually, webFiles, type World } from "../../test/engine-world.ts";

/** A world in which the build of `shop` waits until it is let go. */
async function slowWorld(): Promise<{ world: World; letGo: () => void }> {
  const world = await createWorld();
  await world.engine.createApp("shop", "ann");
  const gate = Promise.withResolvers<void>();
  world.runner.programs.set("./.build.sh", () => gate.promise);
  return { world, letGo: gate.resolve };
}

const slowFiles = { ...webFiles, ".build.sh": "" };

async function deploy(
  { source, engine }: World,
  files: Readonly<Record<string, string>> = slowFiles,
) {
  const commit = source.commit(files);
  return engine.deploy({ app: "shop", branch: "main", from: null, commit, actor: "ann" });
}

test("a newer push takes the place of one that waits, not of one that runs", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  const [first, second, third] = [await deploy(world), await deploy(world), await deploy(world)];
  const superseded = await world.ended(second);
  assert.equal(superseded.status, "superseded");
  assert.equal(superseded.error?.code, "superseded");
  letGo();
  assert.equal((await world.ended(first)).status, "done");
  assert.match(await world.output(third), /^-----> Waiting for the job before this one on shop\n/);
  assert.equal((await world.ended(third)).error?.code, "branch_moved");
});

test("class 22, exhaustion: only so many jobs of a branch wait, and others' are not touched by it", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  letGo();
  await world.ended(await deploy(world));
  const next = Promise.withResolvers<void>();
  world.runner.programs.set("./.build.sh", () => next.promise);
  const slow = world.push("shop", slowFiles);
  for (let count = 1; count < 100; count += 1) await world.engine.restart("shop", null, "ann");
  await assert.rejects(world.engine.restart("shop", null, "ann"), { code: "too_many_jobs" });
  await world.engine.createApp("blog", "ann");
  assert.equal((await world.push("blog")).status, "done");
  assert.equal((await deploy(world)).status, "waiting");
  next.resolve();
  await slow;
});

test("a rebuild takes no push's place, and is of what is current at its turn", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  letGo();
  await world.ended(await deploy(world));
  const next = world.push("shop", slowFiles);
  const [rebuild] = await world.engine.rebuild("shop", "ann");
  const pushed = await next;
  assert.equal(pushed.status, "done");
  await world.ended(rebuild ?? null);
  assert.equal((await world.engine.releaseInfo("shop", null)).commit, pushed.input.commit);
});

test("branches of different apps do not wait for each other", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  await world.engine.createApp("blog", "ann");
  const slow = await deploy(world);
  assert.equal((await world.push("blog")).status, "done");
  assert.equal((await world.engine.job(slow.id)).status, "running");
  letGo();
  await world.ended(slow);
});

test("an app that is destroyed while it deploys leaves nothing", async () => {
  const { world } = await slowWorld();
  await using _ = world;
  await deploy(world);
  await deploy(world);
  await world.ended(await world.engine.destroyApp("shop", "ann"));
  assert.deepEqual(await world.workspace.ids(), []);
  assert.deepEqual(world.store.jobs.open(), []);
  assert.deepEqual(world.executor.started(), []);
});

test("a job that berthd leaves as it is stopped is gone on with", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  const running = await deploy(world);
  await world.restart();
  letGo();
  assert.equal((await world.ended(running)).status, "done");
  assert.match(await world.output(running), /Berth was restarted; going on/);
});

test("following goes on from any byte, and ends at once when that is past the end", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  letGo();
  const job = await deploy(world);
  const whole = await world.output(job);
  const follow = async (offset: number) => {
    let text = "";
    const { signal } = new AbortController();
    for await (const piece of world.engine.followJob(job.id, offset, signal)) {
      if ("text" in piece) text += piece.text;
    }
    return text;
  };
  assert.equal(await follow(7), whole.slice(7));
  assert.equal(await follow(1_000_000), "");
});

test("a log that cannot be written breaks no job", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  const job = await deploy(world);
  await world.breakJobLog();
  letGo();
  await eventually(() => world.store.jobs.get(job.id)?.status === "done", "the job is done");
  assert.ok(world.errors.length <= 2, "it is told once by each writer");
});

test("a full disk is told as one, wherever it shows itself", async () => {
  const { world } = await slowWorld();
  await using _ = world;
  world.runner.programs.set("./.build.sh", async () => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  });
  const job = await world.ended(await deploy(world));
  assert.equal(job.error?.code, "disk_full");
  assert.deepEqual(await world.workspace.ids(), []);
});

test("a stop waits for no job that does not hear of it", async () => {
  const { world } = await slowWorld();
  await using _ = world;
  const gate = Promise.withResolvers<void>();
  const finish = world.workspace.finish;
  Object.assign(world.workspace, {
    finish: (id: number, user: number) => gate.promise.then(() => finish(id, user)),
  });
  const job = await deploy(world, webFiles);
  await eventually(() => world.store.jobs.get(job.id)?.step === "build", "it is being built");
  await world.engine.shutDown();
  assert.equal(world.store.jobs.get(job.id)?.status, "running");
  gate.resolve();
});

test("a deploy is a tree of steps, each with its part of the output", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  letGo();
  const job = await world.ended(await deploy(world));
  assert.deepEqual(
    job.steps.map(({ name, status }) => `${name} ${status}`),
    ["fetch done", "build done", "start done", "switch done", "finish done"],
  );
  const [, build] = job.steps;
  assert.deepEqual(
    build?.steps.map(({ title }) => title),
    ["Hook build: ./.build.sh"],
  );
  assert.ok(job.steps.every(({ startedAt, endedAt }) => endedAt !== null && endedAt >= startedAt));
  const output = Buffer.from(await world.output(job));
  const part = output.subarray(build?.from, build?.to ?? 0).toString();
  assert.match(part, /Hook build/);
  assert.doesNotMatch(part, /is live after/);
});

test("an aborted build changes nothing, and the next push is built", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  const job = await deploy(world);
  await eventually(() => world.store.jobs.get(job.id)?.step === "build", "it is built");
  const aborted = await world.engine.abortJob(job.id, "bob");
  assert.deepEqual([aborted.status, aborted.error?.code], ["aborted", "aborted"]);
  assert.match(aborted.error?.message ?? "", /^bob aborted job/);
  assert.deepEqual(
    aborted.steps.map(({ name, status }) => `${name} ${status}`),
    ["fetch done", "build aborted"],
  );
  assert.deepEqual(await world.workspace.ids(), []);
  const [newest] = world.store.events.list({ limit: 1 });
  assert.equal(newest?.type, "deploy.aborted");
  await assert.rejects(world.engine.abortJob(job.id, "bob"), { code: "job_ended" });
  letGo();
  assert.equal((await world.ended(await deploy(world))).status, "done");
});

test("a job that waits is aborted at once; one that has the traffic is not", async () => {
  const { world, letGo } = await slowWorld();
  await using _ = world;
  const first = await deploy(world);
  const waiting = await world.engine.stopBranch("shop", "ann");
  assert.equal((await world.engine.abortJob(waiting.id, "ann")).status, "aborted");
  letGo();
  await eventually(() => world.store.jobs.get(first.id)?.step === "switch", "it switches");
  await assert.rejects(world.engine.abortJob(first.id, "ann"), {
    code: "abort_too_late",
    hint: "Go back with berth rollback -a shop",
  });
  assert.equal((await world.ended(first)).status, "done");
});
