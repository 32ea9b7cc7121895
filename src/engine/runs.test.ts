import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "#domain/job.ts";
import { everyLine } from "#domain/logs.ts";
import { Secret } from "#domain/secret.ts";
import { deployed } from "../../test/deployed.ts";
import { eventually, type World } from "../../test/engine-world.ts";

async function asked(world: World, command: string): Promise<{ id: string; job: Job }> {
  const { id, job } = await world.engine.createRun("shop", { command, terminal: null }, "bob");
  return { id, job: await world.engine.job(job) };
}

/** Attaches, and resolves with all that came. */
async function attach(world: World, id: string): Promise<string> {
  const session = world.engine.openRun(id);
  assert.ok(session);
  const chunks: Uint8Array[] = [];
  for await (const chunk of session.bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("a one-off command is a job: who, through which door, how long and with which exit code", async () => {
  await using world = await deployed();
  const secret = { TOKEN: Secret.of("opensesame") };
  await world.ended(await world.engine.setConfigVars("shop", secret, "ann"));
  world.runner.programs.set("check", async ({ onOutput }) => {
    onOutput(Buffer.from("it is opensesame\n"));
    return { code: 3 };
  });
  const { id, job } = await asked(world, "check");
  assert.deepEqual([job.kind, job.actor, job.target], ["run", "bob", "shop"]);
  assert.match(await attach(world, id), /it is opensesame.*"code":3/s);
  const ended = await world.ended(job);
  assert.equal(ended.status, "failed");
  assert.equal(ended.error?.message, "The command failed: it exited with code 3.");
  assert.deepEqual(
    ended.steps.map(({ title, status, exitCode }) => [title, status, exitCode]),
    [["check", "failed", 3]],
  );
  const kept = "-----> check\n       it is [secret]\n";
  assert.equal(await world.output(job), kept, "its log is kept, without secrets");
  const query = { ...everyLine, origins: ["build"] as const, lines: 1000, follow: false };
  const built = world.engine.logs("shop", query, AbortSignal.timeout(10_000));
  for await (const { source } of built)
    assert.notEqual(source, `job.${job.id}`, "nor is it a build");
  assert.equal(world.engine.openRun(id), null, "once");
});

test("commands run beside each other and beside a deploy, and are aborted one by one", async () => {
  await using world = await deployed();
  const forEver = () => new Promise<void>(() => {});
  world.runner.programs.set("serve", forEver);
  const [one, two] = [await asked(world, "serve"), await asked(world, "serve")];
  const said = attach(world, one.id);
  void attach(world, two.id);
  assert.equal((await world.push("shop")).status, "done");
  assert.equal((await world.engine.abortJob(one.job.id, "ann")).status, "aborted");
  assert.match(await said, /"code":"aborted".*"actor":"ann"/s);
  assert.equal(world.store.jobs.get(two.job.id)?.status, "running");
  await world.ended(await world.engine.destroyApp("shop", "ann"));
  assert.deepEqual(world.store.jobs.open(), []);
});

test("class 22, exhaustion: an app has only so many commands at once, also those that nobody attached to", async () => {
  await using world = await deployed();
  const { engine } = world;
  await engine.createApp("blog", "ann");
  await world.push("blog");
  world.config.settings.appRunsMax = 2;
  const [one] = [await asked(world, "serve"), await asked(world, "serve")];
  await assert.rejects(asked(world, "serve"), { code: "too_many_runs" });
  await engine.createRun("blog", { command: "serve", terminal: null }, "bob");
  await engine.abortJob(one.job.id, "ann");
  await asked(world, "serve");
});

test("nobody attaches, whoever attached goes away, berthd is restarted: the job says so", async () => {
  await using world = await deployed();
  world.runner.programs.set("serve", () => new Promise<void>(() => {}));
  const [alone, left, lost] = [
    await asked(world, "serve"),
    await asked(world, "serve"),
    await asked(world, "serve"),
  ];
  const session = world.engine.openRun(left.id);
  void attach(world, lost.id);
  session?.close();
  assert.match((await world.ended(left.job)).error?.message ?? "", /whoever ran it went away/);
  assert.match((await world.ended(alone.job)).error?.message ?? "", /nobody attached to it/);
  await world.restart();
  await eventually(() => world.store.jobs.open().length === 0, "it is not left open");
  const { error } = await world.engine.job(lost.job.id);
  assert.match(error?.message ?? "", /berthd was restarted/);
});
