import assert from "node:assert/strict";
import { chmod, chown, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { buildLimits, instanceLimits } from "#domain/limits.ts";
import type { InstanceProgram } from "#domain/privileges.ts";
import { userOf } from "#domain/realm.ts";
import { parseFailure, sessionFrames, type Outcome } from "#domain/runner.ts";
import { ended, exec, start } from "#lib/exec.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";
import { exists, readIfThere } from "#lib/files.ts";
import { createLocalExecutor } from "../executors/local.ts";
import { createSandboxRunner } from "../runners/sandbox.ts";
import { superviseFolder, temporaryFolder } from "../../../test/machine.ts";
import { isRoot, startPrivileges } from "../../../test/privileges.ts";

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

/** Of this run of the tests alone, as others may run beside it. */
const sleep = `sleep 980.${process.pid}`;
const sleeping = sleep.replace(" ", "\0");

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

test("a command builds in the growing tree, cannot write outside of it, and is bounded in time", async () => {
  await using world = await startWorld();
  const { home } = world;
  const tree = await world.growing(7);
  await world.privileges.call("handOverArtifact", { artifactId: 7, user: 1 });
  const app = { id: 1, userNumber: 1, network: "open" } as const;
  const build = { app, artifactId: 7, building: true, limits: buildLimits };
  const output: string[] = [];
  const options = {
    onOutput: (chunk: Uint8Array) => output.push(Buffer.from(chunk).toString()),
    signal: new AbortController().signal,
  };
  const good = await world.runner.run(
    {
      ...build,
      env: { NAME: "x" },
      command:
        "echo $NAME > made; cat made; echo by name > /dev/stderr; touch /tmp/x /cache/x ~/x; touch /usr/x || touch /x || exit 3",
    },
    { ...options, timeoutMs: 5000 },
  );
  assert.deepEqual(good, { code: 3, signal: null, timedOut: false });
  assert.match(output.join(""), /^x\n/);
  assert.match(output.join(""), /^by name$/m);
  assert.equal(await readIfThere(join(tree, "made")), "x\n");
  const slow = await world.runner.run(
    { ...build, env: {}, command: sleep },
    { ...options, timeoutMs: 200 },
  );
  assert.equal(slow.timedOut, true);
  assert.equal(await countProcesses(sleeping), 0);
  assert.equal(await exists(join(home, "data/caches/1/x")), true);
  assert.deepEqual(await readdir(join(home, "data/scratch")), []);
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

test("a one-off command has a terminal of its own: size, keys, job control, exit code", async () => {
  await using world = await startWorld();
  const talk = await world.talk(
    `ls /dev/pts; stty size; test -t 0 && test -t 1 && echo a terminal; read line; echo got $line; ${sleep}; echo gone on`,
  );
  await talk.until(/^ptmx\r\n30 100\r\na terminal\r\n/);
  talk.send(sessionFrames.input, "typed\r");
  await talk.until(/got typed/);
  talk.send(sessionFrames.input, "\u0003");
  assert.deepEqual(await talk.outcome, { code: null, signal: "SIGINT", timedOut: false });
  assert.equal(await countProcesses(sleeping), 0);

  const resized = await world.talk(
    "trap 'stty size; exit 9' WINCH; echo ready; sleep 5 & wait; wait",
  );
  await resized.until(/ready/);
  resized.send(sessionFrames.resize, '{"columns":77,"rows":11}');
  resized.send(sessionFrames.resize, "nonsense");
  await resized.until(/11 77/);
  assert.equal((await resized.outcome)?.code, 9);
});

test("a command in a terminal ends with whoever talks to it, and so does all it started", async () => {
  await using world = await startWorld();
  const talk = await world.talk(`setsid ${sleep} & echo ready; ${sleep}`);
  await talk.until(/ready/);
  talk.close();
  await until(async () => (await countProcesses(sleeping)) === 0);
  await until(async () => (await countProcesses(join(world.home, "data/scratch"))) === 0);
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

test("a command that is lost says so, and leaves nothing", async () => {
  await using world = await startWorld();
  const lost = assert.rejects(world.run(sleep), { code: "helper_lost" });
  await until(async () => (await countProcesses(sleeping)) > 0);
  for (const [pid, line] of await commandLines())
    if (line.startsWith("perl\0") && line.includes(sleep)) process.kill(pid, "SIGKILL");
  await lost;
  await until(async () => (await countProcesses(sleeping)) === 0);
  await until(async () => (await readdir(join(world.home, "data/scratch"))).length === 0);
});

test("every call leaves a line that says what is run, and no config var", async () => {
  await using world = await startWorld();
  await world.start(5, "sleep 900");
  await world.executor.stop(5, 0);
  const [started] = world.audit.filter(({ verb }) => verb === "startInstance");
  const text = JSON.stringify(started);
  assert.match(text, /; sleep 900"].*"outcome":"ok"/);
  assert.doesNotMatch(text, /\$c|GREETING/);
});

async function startWorld(files: Readonly<Record<string, string>> = { file: "content" }) {
  const folder = await temporaryFolder();
  const home = folder.path;
  const world = await startPrivileges(home);
  await world.artifact(1, files);
  const { privileges, layout } = world;
  const supervision = await superviseFolder(layout.scan);
  const executor = createLocalExecutor(privileges, {
    logs: join(home, "logs"),
    exits: layout.exits,
  });
  const runner = createSandboxRunner(privileges);
  const logName = (id: number) => `1/${id}-web.1`;
  return {
    ...world,
    home,
    executor,
    runner,
    start: async (id: number, command: string) => {
      await world.logFolder(logName(id));
      const instance: InstanceProgram = {
        id,
        user: 1,
        command,
        artifactId: 1,
        env: { GREETING: "a 'b\" $c" },
        limits: instanceLimits,
        network: "open",
        port: null,
        logName: logName(id),
      };
      await privileges.startInstance(instance);
    },
    log: async (id: number) => {
      const file = join(layout.log(logName(id)), "current");
      return (await readIfThere(file)) ?? "";
    },
    /** A command in a terminal of 100 by 30. */
    talk: async (command: string) => {
      const app = { id: 1, userNumber: 1, network: "open" } as const;
      const limits = instanceLimits;
      const sandboxed = { app, artifactId: 1, building: false, command, env: {}, limits };
      const terminal = { columns: 100, rows: 30, kind: "xterm" };
      const never = new AbortController().signal;
      const options = { timeoutMs: 20_000, signal: never, onOutput: () => {} };
      const session = runner.open(sandboxed, { terminal, ...options });
      let shown = "";
      const outcome = (async () => {
        for await (const { type, payload } of framesOf(session.bytes, 1_000_000)) {
          if (type === sessionFrames.output || type === sessionFrames.errorOutput)
            shown += payload.toString();
          if (type === sessionFrames.failure) throw parseFailure(payload.toString());
          if (type === sessionFrames.result) return JSON.parse(payload.toString()).value as Outcome;
        }
        return null;
      })();
      outcome.catch(() => {});
      return {
        outcome,
        text: () => shown,
        until: (pattern: RegExp) =>
          until(async () => pattern.test(shown), 10_000).catch((error: unknown) =>
            assert.fail(`${String(error)}: ${shown}`),
          ),
        send: (type: number, text: string) => void session.write(encodeFrame(type, text)),
        close: () => session.close(),
      };
    },
    /** Everything that a command in the release's sandbox printed. */
    run: async (command: string) => {
      const output: Uint8Array[] = [];
      const options = { signal: new AbortController().signal, timeoutMs: 5000 };
      const app = { id: 1, userNumber: 1, network: "open" } as const;
      const limits = instanceLimits;
      const sandboxed = { app, artifactId: 1, building: false, command, env: {}, limits };
      await runner.run(sandboxed, { ...options, onOutput: (chunk) => output.push(chunk) });
      return Buffer.concat(output).toString();
    },
    [Symbol.asyncDispose]: async () => {
      await supervision[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
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

async function countProcesses(part: string): Promise<number> {
  return (await commandLines()).filter(([, line]) => line.includes(part)).length;
}

async function commandLines(): Promise<[pid: number, line: string][]> {
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const read = (pid: number) => readIfThere(`/proc/${pid}/cmdline`).catch(() => null);
  return Promise.all(pids.map(async (pid) => [pid, (await read(pid)) ?? ""]));
}
