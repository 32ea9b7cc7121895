import assert from "node:assert/strict";
import { chmod, chown, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { userOf } from "#domain/realm.ts";
import { ended, exec, start } from "#lib/exec.ts";
import { exists } from "#lib/files.ts";
import { isRoot } from "../../../test/privileges.ts";
import { countProcesses, sleep, sleeping, startWorld, until } from "../../../test/supervised.ts";

test("an instance is supervised, seen, stopped gracefully, and leaves nothing behind", async () => {
  await using world = await startWorld();
  const { executor, home } = world;
  await world.start(
    1,
    "trap 'echo bye; exit 0' TERM; echo hi $GREETING; while :; do sleep 0.05; done",
  );
  await world.start(1, "never started twice");
  await until(async () => (await world.log(1)).includes("hi a 'b\" $c"));
  const [seen] = await executor.list();
  assert.equal(seen?.state, "running");
  await executor.stop(1, 5000);
  assert.match(await world.log(1), /bye/);
  assert.deepEqual(await executor.list(), []);
  assert.deepEqual(await readdir(join(home, "run/services")), []);
  assert.deepEqual(await readdir(join(home, "data/scratch")), []);
  await executor.stop(1, 5000);
});

test("an instance that ignores SIGTERM is killed with everything it started", async () => {
  await using world = await startWorld();
  await world.start(2, `trap '' TERM; setsid ${sleep} & echo ready; ${sleep}`);
  await until(async () => (await world.log(2)).includes("ready"));
  const startedAt = performance.now();
  await world.executor.stop(2, 300);
  assert.ok(performance.now() - startedAt >= 290, "the grace period was kept");
  assert.equal(await countProcesses(sleeping), 0);
});

test("a program behind a shell or npm has its time to end well too", async () => {
  const server = `process.on("SIGTERM", () => setTimeout(() => { console.log("ended well"); process.exit(0); }, 300));
setInterval(() => {}, 1000); console.log("ready");`;
  await using world = await startWorld({
    "server.js": server,
    "package.json": JSON.stringify({ scripts: { start: "node server.js" } }),
  });
  for (const [id, command] of [
    [21, "node server.js"],
    [22, "cd /app && node server.js"],
    [23, "npm start"],
  ] as const) {
    await world.start(id, command);
    await until(async () => (await world.log(id)).includes("ready"), 10_000);
    await world.executor.stop(id, 5000);
    assert.match(await world.log(id), /ended well/, command);
  }
});

test("an instance that keeps crashing is started again, then given up, and says how it ended", async () => {
  await using world = await startWorld();
  const { executor } = world;
  const exits: number[] = [];
  await using _watch = executor.watch((id) => exits.push(id));
  await world.start(3, "exit 7");
  await until(async () => (await executor.list())[0]?.givenUp === true, 15_000);
  assert.deepEqual((await executor.observe(3)).lastExit, { code: 7, signal: null });
  assert.ok(exits.every((id) => id === 3) && exits.length >= 5, `saw ${exits.length} exits`);
  await executor.stop(3, 100);
});

test("a signal death is told apart from an exit code", async () => {
  await using world = await startWorld();
  const { executor } = world;
  await world.start(4, "kill -SEGV $$");
  await until(async () => (await executor.observe(4)).lastExit !== null);
  assert.deepEqual((await executor.observe(4)).lastExit, { code: null, signal: "SIGSEGV" });
  await executor.stop(4, 100);
});

test("a program has no privilege, and no way to any", { skip: !isRoot }, async () => {
  await using world = await startWorld();
  const uid = userOf(world.realm, 1).uid;
  const said = await world.run(
    `id; id -Gn; cat /proc/self/status; touch /tmp/t ~/t; unshare -U true; df -k /tmp | tail -1; cat /etc/passwd`,
  );
  assert.match(
    said,
    new RegExp(`^uid=${uid}\\(app\\) gid=${uid}\\(app\\) groups=${uid}\\(app\\)\napp\n`),
  );
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
    assert.match(said, new RegExp(`^${set}:\t0{16}$`, "m"));
  }
  assert.match(said, /^NoNewPrivs:\t1$/m);
  assert.match(said, /unshare failed/);
  assert.match(said, /^tmpfs +262144 /m);
  assert.doesNotMatch(said, /daemon:/);
});

test("a network that was closed stays so when instances are put up again", async (t) => {
  await using world = await startWorld();
  const { privileges, realm } = world;
  if (realm.fence === null) return t.skip("there is no fence here");
  await world.start(8, "exec sleep 900");
  await privileges.setNetwork(1, "closed");
  await privileges.reviveInstance(8);
  assert.equal((await privileges.inspectApp(1)).fence?.isClosed, true);
  await privileges.setNetwork(1, "open");
  assert.equal((await privileges.inspectApp(1)).fence?.isClosed, false);
  await world.executor.stop(8, 100);
});

test("a fence that somebody took down comes back with all that it knew", async (t) => {
  await using world = await startWorld();
  const { privileges, realm } = world;
  if (realm.fence === null) return t.skip("there is no fence here");
  await world.start(9, "exec sleep 900");
  const ports = { open: [4711], kept: [], instances: { min: 61_500, max: 61_800 } };
  await privileges.setPorts(ports);
  await privileges.setNetwork(1, "closed");
  const rules = () => exec(["nft", "list", "table", ...(realm.fence?.table.split(" ") ?? [])]);
  const before = await rules();
  assert.match(before, /4711/);
  await exec(["nft", "delete", "table", ...realm.fence.table.split(" ")]);
  await privileges.mendFence();
  assert.equal(await rules(), before);
  await exec(["nft", "delete", "table", ...realm.fence.table.split(" ")]);
  await privileges.setPorts(ports);
  assert.equal(await rules(), before, "whoever tells it something mends it first");
  await world.executor.stop(9, 100);
});

test("of two changes of open ports at once the later one holds, however long the first takes", async (t) => {
  await using world = await startWorld();
  const { privileges, realm } = world;
  if (realm.fence === null) return t.skip("there is no fence here");
  const ports = { kept: [], instances: { min: 61_500, max: 61_800 } };
  const many = Array.from({ length: 3000 }, (_, index) => 1 + 2 * index);
  await Promise.all([many, [4712]].map((open) => privileges.setPorts({ ...ports, open })));
  const set = await exec(["nft", "list", "set", ...realm.fence.table.split(" "), "open"]);
  assert.match(set, /elements = \{ 53, 4712 \}/);
});

test(
  "a user is retired with everything that is left of it, and only that",
  { skip: !isRoot },
  async () => {
    await using world = await startWorld();
    const { privileges, realm, home } = world;
    // As after a way out of the sandbox.
    const escaped = (user: number) => {
      const child = start(["sleep", "900"], { stdio: "ignore", ...userOf(realm, user) });
      return { child, end: ended(child) };
    };
    const [own, other] = [escaped(3), escaped(4)];
    const { uid, gid } = userOf(realm, 3);
    const left = join("/tmp", `berth-left-${uid}`);
    const [cache, growing] = [join(home, "data/caches/77"), world.layout.growing(78)];
    for (const path of [join(left, "inner"), cache, growing])
      await mkdir(path, { recursive: true });
    await exec(["chown", "-R", `${uid}:${gid}`, left, cache, growing]);
    await chmod(left, 0);
    await privileges.retireUser(3);
    assert.deepEqual(await own.end, { code: null, signal: "SIGKILL" });
    for (const path of [left, cache, growing]) assert.equal(await exists(path), false, path);
    assert.equal(other.child.exitCode ?? other.child.signalCode, null);
    other.child.kill("SIGKILL");
    await other.end;
    const kept = join("/tmp", `berth-kept-${uid}`);
    await mkdir(join(kept, "inner"), { recursive: true });
    // Not theirs to remove, and not theirs alone: whoever has it next would have a part in it.
    await chown(kept, 0, gid);
    await assert.rejects(privileges.retireUser(3), { code: "user_not_retired" });
    await rm(kept, { recursive: true });
    await privileges.retireUser(3);
  },
);

test("every call leaves a line that says what is run, and no config var", async () => {
  await using world = await startWorld();
  await world.start(5, "sleep 900");
  await world.executor.stop(5, 0);
  const [started] = world.audit.filter(({ verb }) => verb === "startInstance");
  const text = JSON.stringify(started);
  assert.match(text, /; sleep 900"].*"outcome":"ok"/);
  assert.doesNotMatch(text, /\$c|GREETING/);
});
