import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { exists, readIfThere } from "#lib/files.ts";
import { superviseFolder, temporaryFolder, tools } from "../../test/machine.ts";
import { supervisionLayout } from "./layout.ts";
import { createPrivileges } from "./verbs.ts";
import { buildLimits } from "#domain/limits.ts";

test("an instance is supervised, seen, stopped gracefully, and leaves nothing behind", async () => {
  await using world = await startWorld();
  const { privileges, home } = world;
  await privileges.startInstance(
    world.instance(
      1,
      "trap 'echo bye; exit 0' TERM; echo hi $GREETING; while :; do sleep 0.05; done",
    ),
  );
  await privileges.startInstance(world.instance(1, "never started twice"));
  await until(async () => (await world.log(1)).includes("hi a 'b\" $c"));
  const [seen] = await privileges.listInstances();
  assert.equal(seen?.state, "running");
  await privileges.stopInstance(1, 5000);
  assert.match(await world.log(1), /bye/);
  assert.deepEqual(await privileges.listInstances(), []);
  assert.deepEqual(await readdir(join(home, "run/services")), []);
  assert.deepEqual(await readdir(join(home, "data/scratch")), []);
  await privileges.stopInstance(1, 5000);
});

test("an instance that ignores SIGTERM is killed with everything it started", async () => {
  await using world = await startWorld();
  const { privileges } = world;
  await privileges.startInstance(
    world.instance(2, "trap '' TERM; setsid sleep 987 & echo ready; sleep 987"),
  );
  await until(async () => (await world.log(2)).includes("ready"));
  const startedAt = performance.now();
  await privileges.stopInstance(2, 300);
  assert.ok(performance.now() - startedAt >= 290, "the grace period was kept");
  assert.equal(await countProcesses("sleep\x00987\x00"), 0);
});

test("a program behind a shell or npm has its time to end well too", async () => {
  await using world = await startWorld();
  const { privileges, tree } = world;
  const server = `process.on("SIGTERM", () => setTimeout(() => { console.log("ended well"); process.exit(0); }, 300));
setInterval(() => {}, 1000); console.log("ready");`;
  await writeFile(join(tree, "server.js"), server);
  await writeFile(
    join(tree, "package.json"),
    JSON.stringify({ scripts: { start: "node server.js" } }),
  );
  for (const [id, command] of [
    [21, "node server.js"],
    [22, "cd /app && node server.js"],
    [23, "npm start"],
  ] as const) {
    await privileges.startInstance(world.instance(id, command));
    await until(async () => (await world.log(id)).includes("ready"), 10_000);
    await privileges.stopInstance(id, 5000);
    assert.match(await world.log(id), /ended well/, command);
  }
});

test("an instance that keeps crashing is started again, then given up, and says how it ended", async () => {
  await using world = await startWorld();
  const { privileges } = world;
  const exits: number[] = [];
  await using _watch = privileges.watchExits((id) => exits.push(id));
  await privileges.startInstance(world.instance(3, "exit 7"));
  await until(async () => (await privileges.listInstances())[0]?.givenUp === true, 15_000);
  assert.deepEqual((await privileges.observeInstance(3)).lastExit, { code: 7, signal: null });
  assert.ok(exits.every((id) => id === 3) && exits.length >= 5, `saw ${exits.length} exits`);
  await privileges.stopInstance(3, 100);
});

test("a signal death is told apart from an exit code", async () => {
  await using world = await startWorld();
  const { privileges } = world;
  await privileges.startInstance(world.instance(4, "kill -SEGV $$"));
  await until(async () => (await privileges.observeInstance(4)).lastExit !== null);
  assert.deepEqual((await privileges.observeInstance(4)).lastExit, {
    code: null,
    signal: "SIGSEGV",
  });
  await privileges.stopInstance(4, 100);
});

test("a command runs to its end in the tree, cannot write outside of it, and is bounded in time", async () => {
  await using world = await startWorld();
  const { privileges } = world;
  const output: string[] = [];
  const options = {
    onOutput: (chunk: Uint8Array) => output.push(Buffer.from(chunk).toString()),
    signal: new AbortController().signal,
  };
  const command = {
    dir: world.tree,
    writable: true,
    cacheDir: null,
    env: { NAME: "x" },
    limits: buildLimits,
  };
  const good = await privileges.runCommand(
    { ...command, command: "echo $NAME > made; cat made; touch /usr/x || touch /x || exit 3" },
    { ...options, timeoutMs: 5000 },
  );
  assert.deepEqual(good, { code: 3, signal: null, timedOut: false });
  assert.match(output.join(""), /^x\n/);
  assert.equal(await readIfThere(join(world.tree, "made")), "x\n");
  const slow = await privileges.runCommand(
    { ...command, command: "sleep 986" },
    { ...options, timeoutMs: 200 },
  );
  assert.equal(slow.timedOut, true);
  assert.equal(await countProcesses("sleep\x00986\x00"), 0);
  assert.equal(await exists(join(world.home, "data/scratch")), true);
  assert.deepEqual(await readdir(join(world.home, "data/scratch")), []);
});

async function startWorld() {
  const folder = await temporaryFolder();
  const home = folder.path;
  const tree = join(home, "tree");
  await mkdir(tree);
  await writeFile(join(tree, "file"), "content");
  await mkdir(join(home, "data/scratch"), { recursive: true });
  const privileges = createPrivileges(home, tools);
  const supervision = await superviseFolder(supervisionLayout(home).scan);
  const logDir = (id: number) => join(home, `logs/${id}`);
  return {
    home,
    tree,
    privileges,
    instance: (id: number, command: string) => ({
      id,
      command,
      artifactDir: tree,
      env: { GREETING: "a 'b\" $c" },
      logDir: logDir(id),
    }),
    log: async (id: number) => (await readIfThere(join(logDir(id), "current"))) ?? "",
    [Symbol.asyncDispose]: async () => {
      await supervision[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function until(isSo: () => Promise<boolean>, timeoutMs = 5000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, "it did not come about in time");
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

async function countProcesses(commandLine: string): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readIfThere(`/proc/${pid}/cmdline`).catch(() => "")),
  );
  return lines.filter((line) => line?.endsWith(commandLine)).length;
}
