import assert from "node:assert/strict";
import {
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { privilegedVerbs, type Verb } from "#domain/privileges.ts";
import { instanceLimits } from "#domain/limits.ts";
import { inputBytesMax, sessionFrames } from "#domain/runner.ts";
import { checkout, programOf } from "#lib/checkout.ts";
import { bareEnv, ended, exec, start } from "#lib/exec.ts";
import { ensureDirectory, readIfThere } from "#lib/files.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";
import { homeLayout } from "#setup/layout.ts";
import { prepareHome } from "#setup/prepare-home.ts";
import { claimUsers, releaseUsers } from "#setup/uid-range.ts";
import { superviseFolder, temporaryFolder, tools } from "../machine.ts";
import { runProgram, until } from "../platform.ts";
import { isRoot } from "../privileges.ts";

/**
 * Plays an attacker who owns berthd: has its account, speaks to berth-root's socket directly, and
 * changes what berthd's account may change, at any moment.
 */
const forRoot = { skip: isRoot ? false : "only root can start berth-root" };

const account = { uid: 65_533, gid: 65_533 };
const program = programOf(checkout, "berth-root");
let world: Awaited<ReturnType<typeof startHelper>>;

before(async () => {
  if (isRoot) world = await startHelper();
});
after(async () => {
  if (isRoot) await world[Symbol.asyncDispose]();
});

const command = { appId: 1, user: 1, artifactId: 1, building: false, command: "true", env: {} };
const run = {
  ...command,
  limits: instanceLimits,
  network: "open",
  timeoutMs: 20_000,
  takesInput: false,
  terminal: null,
};
const instance = {
  id: 1,
  user: 1,
  artifactId: 1,
  command: "sleep 900",
  env: {},
  limits: instanceLimits,
  network: "open",
  port: null,
  logName: "1/1-web.1",
};

/** For each verb, arguments that it takes. */
const fair: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  startInstance: instance,
  stopInstance: { id: 1, graceMs: 0 },
  reviveInstance: { id: 1 },
  limitInstance: { id: 1, limits: instanceLimits },
  setNetwork: { user: 1, network: "closed" },
  setPorts: { open: [80], instances: { min: 61_500, max: 61_800 } },
  protections: {},
  inspectApp: { user: 1 },
  observeInstances: { id: 1 },
  listSockets: { id: 1 },
  runCommand: run,
  handOverArtifact: { artifactId: 1, user: 1 },
  sealArtifact: { artifactId: 1, user: 1 },
  finishArtifact: { artifactId: 1, user: 1 },
  publishArtifact: { artifactId: 1, user: 1 },
  removeArtifact: { artifactId: 1 },
  removeCache: { appId: 1 },
  retireUser: { user: 1 },
};

const noNumbers = [0, -1, 1.5, 2 ** 53, "1", "../1", "1; id", null, [1], { id: 1 }, true];
/** What each argument must not be. */
const hostile: Readonly<Record<string, readonly unknown[]>> = {
  id: noNumbers,
  appId: noNumbers,
  artifactId: noNumbers,
  user: [...noNumbers, 10_000, 1_900_000_001],
  graceMs: [-1, 2 ** 31, "0"],
  timeoutMs: [-1, 2 ** 31, Infinity],
  command: ["", "a\0b", 1, "x".repeat(100_001)],
  env: [{ "A=B": "x" }, { A: "x\0y" }, { "": "x" }, { A: 1 }, ["A"]],
  logName: ["../../x", "1/1-web.1/..", "/etc/passwd", "1/1-web.1\n", "1/1-.1"],
  terminal: [{ columns: 0, rows: 1, kind: "x" }, { columns: 1, rows: 1, kind: "../x" }, "x"],
  limits: [{}, { ...instanceLimits, memoryBytes: -1 }, null],
  network: ["", "OPEN", "open\n", 1, null],
  ports: [null, [0], [65_536], ["80"], ['"; flush ruleset'], Array(65_536).fill(80)],
  port: [0, -1, 1.5, 65_536, "80", '"; flush ruleset'],
  building: ["yes", 1],
  takesInput: [1],
};

test(
  "every verb refuses every argument that it does not take, and does nothing",
  forRoot,
  async () => {
    assert.deepEqual(Object.keys(fair).toSorted(), Object.keys(privilegedVerbs).toSorted());
    const untouched = await listing();
    let tried = 0;
    for (const [verb, args] of Object.entries(fair)) {
      const more = { ...args, uid: 0 };
      const cases: unknown[] = [more, null, [], "x", ...withoutEach(args)];
      for (const name of Object.keys(args)) {
        assert.ok(hostile[name] ?? !Object.hasOwn(args, name), `${name} has hostile values`);
        const values = (hostile[name] ?? []).filter((value) => !isTaken(verb, value));
        for (const value of values) cases.push({ ...args, [name]: value });
      }
      for (const each of cases) {
        const answer = await ask({ verb, args: each });
        assert.equal(answer.failure?.code, "helper_refused", `${verb} ${JSON.stringify(each)}`);
        tried += 1;
      }
    }
    assert.ok(tried > 150, `${tried} were tried`);
    assert.deepEqual(await listing(), untouched);
  },
);

/** To be asked for none means all. */
function isTaken(verb: string, id: unknown): boolean {
  return verb === "observeInstances" && id === null;
}

test("what is no verb, and what is no request, is refused", forRoot, async () => {
  for (const verb of ["", "exec", "constructor", "__proto__", "toString", "startinstance", 1, null])
    assert.equal((await ask({ verb, args: {} })).failure?.code, "helper_refused", String(verb));
  for (const text of ["", "{", "null", "[]", '{"verb":"protections"}', "\0\xff", '{"args":{}}'])
    assert.equal((await askText(text)).failure?.code, "helper_refused", text);
});

test(
  "a request without end, frames without end, silence, and a crowd do no harm",
  forRoot,
  async () => {
    const endless = await open();
    const cut = new Promise((closed) => endless.once("close", closed));
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    for (let count = 0; count < 12 && !endless.destroyed; count += 1) {
      endless.write(megabyte);
      await sleep(5);
    }
    await cut;
    const crowd = await Promise.all(Array.from({ length: 1000 }, () => open()));
    for (const socket of crowd.slice(0, 300)) socket.write('{"verb":');
    await sleep(300);
    for (const socket of crowd) socket.destroy();
    const huge = await open();
    huge.write(`${JSON.stringify({ verb: "runCommand", args: { ...run, takesInput: true } })}\n`);
    huge.write(Buffer.from([sessionFrames.input, 0xff, 0xff, 0xff, 0xff]));
    await new Promise((closed) => huge.once("close", closed));
    await until(
      async () => (await ask({ verb: "protections", args: {} })).value !== undefined,
      "it answers",
    );
  },
);

test(
  "who prints without end to somebody who never reads waits, and ends with them",
  forRoot,
  async () => {
    const small = await memoryOf(world.pid());
    const deaf = await open();
    deaf.pause();
    const asked = { ...run, command: "yes 0123456789abcdef" };
    deaf.write(`${JSON.stringify({ verb: "runCommand", args: asked })}\n`);
    await until(async () => (await processesOf(1)).length > 0, "it runs");
    await sleep(2000);
    const grown = (await memoryOf(world.pid())) - small;
    assert.ok(grown < 64 * 1024 ** 2, `it grew by ${Math.round(grown / 1024 ** 2)} MB`);
    deaf.destroy();
    await until(async () => (await processesOf(1)).length === 0, "it has ended");
  },
);

test(
  "who sends without end to a command that never reads waits, and ends it by leaving",
  forRoot,
  async () => {
    const small = await memoryOf(world.pid());
    const sender = await open();
    const asked = { ...run, command: "sleep 600", takesInput: true };
    sender.write(`${JSON.stringify({ verb: "runCommand", args: asked })}\n`);
    const piece = encodeFrame(sessionFrames.input, Buffer.alloc(inputBytesMax));
    for (let bytes = 0; bytes < 64 * 1024 ** 2; bytes += piece.length) sender.write(piece);
    await until(async () => (await processesOf(1)).length > 0, "it runs");
    await sleep(500);
    const grown = (await memoryOf(world.pid())) - small;
    assert.ok(grown < 32 * 1024 ** 2, `it grew by ${Math.round(grown / 1024 ** 2)} MB`);
    assert.ok((await processesOf(1)).length > 0, "it runs on");
    sender.destroy();
    await until(async () => (await processesOf(1)).length === 0, "it has ended");
  },
);

test("a tree that is a link, or somebody else's, is not touched", forRoot, async () => {
  const outside = join(world.folder, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "file"), "x", { mode: 0o600 });
  await symlink(outside, world.growing(20));
  await symlink("/etc", world.growing(21));
  await mkdir(world.growing(22)); // root's own
  for (const artifactId of [20, 21, 22, 23]) {
    for (const verb of ["handOverArtifact", "sealArtifact"] as const) {
      const { failure } = await ask({ verb, args: { artifactId, user: 1 } });
      assert.equal(failure?.code, "helper_refused", `${verb} ${artifactId}`);
    }
    const building = { ...run, artifactId, building: true };
    assert.equal(
      (await ask({ verb: "runCommand", args: building })).failure?.code,
      "helper_refused",
    );
  }
  const { uid, mode } = await stat(join(outside, "file"));
  assert.deepEqual([uid, mode & 0o777], [0, 0o600]);
  for (const artifactId of [20, 21, 22])
    await ask({ verb: "removeArtifact", args: { artifactId } });
  assert.deepEqual(await readdir(outside), ["file"]);
  assert.ok((await lstat("/etc/passwd")).isFile());
});

test(
  "links out of a tree, hard links, pipes and setuid bits take nobody anywhere",
  forRoot,
  async () => {
    const secret = join(world.folder, "secret");
    await writeFile(secret, "secret", { mode: 0o600 });
    const own = async (artifactId: number) => {
      await tree(artifactId);
      await exec(["chown", "-R", `${account.uid}:${account.gid}`, world.growing(artifactId)]);
    };
    await own(30);
    await symlink(secret, join(world.growing(30), "link"));
    await link(secret, join(world.growing(30), "hard"));
    assert.equal(
      (await ask({ verb: "handOverArtifact", args: { artifactId: 30, user: 1 } })).value,
      null,
    );
    const sealed = await ask({ verb: "sealArtifact", args: { artifactId: 30, user: 1 } });
    assert.equal(sealed.failure?.code, "tree_refused");
    const { uid, gid, mode } = await stat(secret);
    assert.deepEqual([uid, gid, mode & 0o7777], [0, 0, 0o600]);

    await own(31);
    await ask({ verb: "handOverArtifact", args: { artifactId: 31, user: 1 } });
    const shell = "cp /bin/sh sh; chmod 6777 sh; chmod 2777 sub; mkdir open; chmod 1777 open";
    const made = await ask({
      verb: "runCommand",
      args: { ...run, artifactId: 31, building: true, command: shell },
    });
    assert.equal((made.value as { code: number }).code, 0);
    assert.equal(
      (await ask({ verb: "sealArtifact", args: { artifactId: 31, user: 1 } })).value,
      null,
    );
    for (const name of ["sh", "sub", "open"]) {
      const stats = await stat(join(world.growing(31), name));
      assert.deepEqual([stats.uid, stats.mode & 0o7222], [world.usersFrom, 0], name);
    }
    await own(32);
    await ask({ verb: "handOverArtifact", args: { artifactId: 32, user: 1 } });
    const pipe = { ...run, artifactId: 32, building: true, command: "mkfifo pipe" };
    await ask({ verb: "runCommand", args: pipe });
    const refused = await ask({ verb: "sealArtifact", args: { artifactId: 32, user: 1 } });
    assert.equal(refused.failure?.code, "tree_refused");
  },
);

test(
  "names that are swapped while a tree is handed over and sealed lead nowhere",
  forRoot,
  async () => {
    const outside = join(world.folder, "precious");
    await ensureDirectory(join(outside, "sub"));
    await writeFile(join(outside, "sub/file"), "precious", { mode: 0o600 });
    const kept = async () => {
      const found = await Promise.all(
        [outside, join(outside, "sub"), join(outside, "sub/file")].map((it) => stat(it)),
      );
      return found.map(({ uid, gid, mode }) => `${uid}:${gid} ${mode.toString(8)}`);
    };
    const untouched = await kept();
    // As berthd's account, which owns the tree until it is handed over and its top once it is sealed.
    const swapping = `const fs = require("node:fs"); const [top, out] = process.argv.slice(1);
    const aside = top + ".aside", sub = top + "/sub", held = top + "/held";
    const quiet = (act) => { try { act(); } catch {} };
    for (;;) {
      quiet(() => fs.renameSync(top, aside)); quiet(() => fs.symlinkSync(out, top));
      quiet(() => fs.unlinkSync(top)); quiet(() => fs.renameSync(aside, top));
      quiet(() => fs.renameSync(sub, held)); quiet(() => fs.symlinkSync(out, sub));
      quiet(() => fs.unlinkSync(sub)); quiet(() => fs.renameSync(held, sub));
    }`;
    for (let round = 40; round < 52; round += 1) {
      await tree(round);
      await exec(["chown", "-R", `${account.uid}:${account.gid}`, world.growing(round)]);
      const words = [tools.node, "-e", swapping, world.growing(round), outside] as const;
      const attacker = start(words, { stdio: "ignore", ...account });
      await sleep(60);
      for (let count = 0; count < 4; count += 1) {
        await ask({ verb: "handOverArtifact", args: { artifactId: round, user: 2 } });
        await ask({ verb: "sealArtifact", args: { artifactId: round, user: 2 } });
        await ask({ verb: "finishArtifact", args: { artifactId: round, user: 2 } });
        await ask({ verb: "publishArtifact", args: { artifactId: round, user: 2 } });
      }
      await ask({ verb: "removeArtifact", args: { artifactId: round } });
      attacker.kill("SIGKILL");
      await ended(attacker);
      assert.deepEqual(await kept(), untouched, `round ${round}`);
    }
  },
);

test("what is put into a sealed tree keeps it from becoming an artifact", forRoot, async () => {
  for (const artifactId of [70, 71]) {
    await tree(artifactId);
    await exec(["chown", "-R", `${account.uid}:${account.gid}`, world.growing(artifactId)]);
    for (const verb of ["handOverArtifact", "sealArtifact"])
      assert.equal((await ask({ verb, args: { artifactId, user: 1 } })).value, null);
  }
  const planting = `const fs = require("node:fs"); const [top] = process.argv.slice(1);
    fs.chmodSync(top, 0o750); fs.writeFileSync(top + "/planted", "");`;
  const planted = await runProgram([tools.node, "-e", planting, world.growing(70)], account);
  assert.equal(planted.code, 0, planted.stderr);
  for (let tries = 0; tries < 2; tries += 1) {
    const { failure } = await ask({ verb: "finishArtifact", args: { artifactId: 70, user: 1 } });
    assert.equal(failure?.code, "tree_refused");
  }
  const opening = `require("node:fs").chmodSync(process.argv[1], 0o777)`;
  const opened = await runProgram([tools.node, "-e", opening, world.growing(71)], account);
  assert.equal(opened.code, 0, opened.stderr);
  const foreign = await ask({ verb: "finishArtifact", args: { artifactId: 71, user: 2 } });
  assert.equal(foreign.failure?.code, "helper_refused");
  const own = await ask({ verb: "finishArtifact", args: { artifactId: 71, user: 1 } });
  assert.equal(own.value, null);
  const { uid, mode } = await stat(join(world.home, "data/artifacts/71"));
  assert.deepEqual([uid, mode & 0o776], [world.usersFrom, 0o550]);
});

test(
  "a release whose top is the account's, as of an older Berth, is taken or refused",
  forRoot,
  async () => {
    const top = join(world.home, "data/artifacts/71");
    const runIt = () => ask({ verb: "runCommand", args: { ...run, artifactId: 71 } });
    const giveBack = () => chown(top, account.uid, world.usersFrom + 1);
    await giveBack();
    assert.equal(((await runIt()).value as { code: number }).code, 0);
    assert.equal((await stat(top)).uid, world.usersFrom);
    await giveBack();
    await writeFile(join(top, "planted"), "");
    await chown(join(top, "planted"), account.uid, account.gid);
    for (let tries = 0; tries < 2; tries += 1)
      assert.equal((await runIt()).failure?.code, "tree_refused");
  },
);

test("no app is started with another's tree", forRoot, async () => {
  for (const [verb, args] of [
    ["startInstance", { ...instance, user: 2 }],
    ["runCommand", { ...run, user: 2 }],
  ] as const)
    assert.equal((await ask({ verb, args })).failure?.code, "helper_refused", verb);
  await tree(60);
  await exec(["chown", "-R", `${account.uid}:${account.gid}`, world.growing(60)]);
  await ask({ verb: "handOverArtifact", args: { artifactId: 60, user: 2 } });
  const build = { ...run, artifactId: 60, building: true };
  assert.equal((await ask({ verb: "runCommand", args: build })).failure?.code, "helper_refused");
  const mine = await ask({ verb: "runCommand", args: { ...build, user: 2, command: "id -u" } });
  assert.match(mine.output, new RegExp(`^${world.usersFrom + 2}\n`));
});

test("whoever owns berthd's account cannot replace what root runs or trusts", forRoot, async () => {
  const { home } = world;
  const attempts = `const fs = require("node:fs"); const home = process.argv[1];
    const at = (path) => home + "/" + path;
    const tries = {
      "make a service": () => fs.mkdirSync(at("run/scan/evil")),
      "read the services": () => fs.readdirSync(at("run/services")),
      "move the services away": () => fs.renameSync(at("run/services"), at("run/gone")),
      "move the scan folder away": () => fs.renameSync(at("run/scan"), at("run/gone")),
      "write an exit note": () => fs.writeFileSync(at("run/exits/i1"), "0 0"),
      "move berth-root's folder away": () => fs.renameSync(at("run/root"), at("run/gone")),
      "take the socket away": () => fs.unlinkSync(at("run/root/berth-root.sock")),
      "write nginx's configuration": () => fs.writeFileSync(at("run/nginx/nginx.conf"), ""),
      "move the artifacts away": () => fs.renameSync(at("data/artifacts"), at("data/gone")),
      "move the caches away": () => fs.renameSync(at("data/caches"), at("data/gone")),
      "make a cache": () => fs.symlinkSync("/etc", at("data/caches/99")),
      "make a scratch folder": () => fs.symlinkSync("/etc", at("data/scratch/x")),
      "write the configuration": () => fs.writeFileSync(at("config/berth.yml"), ""),
      "write to the home": () => fs.writeFileSync(at("x"), ""),
      "read the audit": () => fs.readdirSync(at("logs/berth-root")),
      "write into a sealed tree": () => fs.writeFileSync(at("data/artifacts/1/file"), ""),
      "open a sealed tree": () => fs.chmodSync(at("data/artifacts/1/file"), 0o666),
      "open a release": () => fs.chmodSync(at("data/artifacts/1"), 0o777),
      "put something into a release": () => fs.writeFileSync(at("data/artifacts/1/more"), ""),
      "take something from a release": () => fs.renameSync(at("data/artifacts/1/file"), at("data/x")),
      "move a release away": () => fs.renameSync(at("data/artifacts/1"), at("data/artifacts/0")),
      "move a sealed tree's content": () => fs.renameSync(at("data/artifacts/1/sub/inner"), at("x")),
    };
    for (const [what, act] of Object.entries(tries)) {
      try { act(); console.log(what, "worked"); } catch (error) {
        if (!["EACCES", "EPERM"].includes(error.code)) console.log(what, error.code);
      }
    }`;
  const tried = await runProgram([tools.node, "-e", attempts, home], account);
  assert.deepEqual(tried, { code: 0, stdout: "", stderr: "" });
});

test("nobody but berthd's account reaches the socket", forRoot, async () => {
  const reach = `const socket = require("node:net").connect(process.argv[1]);
    socket.once("connect", () => { console.log("connected"); process.exit(); });
    socket.once("error", ({ code }) => console.log(code));`;
  const as = async (ids: { uid: number; gid: number }) =>
    (await runProgram([tools.node, "-e", reach, world.socket], ids)).stdout.trim();
  const app = world.usersFrom + 1;
  assert.equal(await as({ uid: app, gid: app }), "EACCES");
  assert.equal(await as({ uid: 65_534, gid: 65_534 }), "EACCES");
  assert.equal(await as(account), "connected");
});

test(
  "a user is retired with everything that is left of them, and only theirs",
  forRoot,
  async () => {
    const theirs = { uid: world.usersFrom + 3, gid: world.usersFrom + 3 };
    const others = { uid: world.usersFrom + 4, gid: world.usersFrom + 4 };
    // As after a way out of the sandbox.
    const escaped = [theirs, others].map((ids) =>
      start(["sleep", "900"], { stdio: "ignore", ...ids }),
    );
    const [mine, other] = escaped.map((child) => ended(child));
    const left = join("/tmp", `berth-left-${theirs.uid}`);
    await writeFile(left, "");
    await chown(left, theirs.uid, theirs.gid);
    const cache = join(world.home, "data/caches/77");
    await mkdir(cache);
    await chown(cache, theirs.uid, theirs.gid);
    assert.equal((await ask({ verb: "retireUser", args: { user: 3 } })).value, null);
    assert.deepEqual(await mine, { code: null, signal: "SIGKILL" });
    await assert.rejects(lstat(left), { code: "ENOENT" });
    await assert.rejects(lstat(cache), { code: "ENOENT" });
    assert.deepEqual(await processesOf(4), [escaped[1]?.pid]);
    escaped[1]?.kill("SIGKILL");
    await other;
  },
);

test(
  "killed at any moment it loses nothing: instances go on, commands end, the next one goes on",
  forRoot,
  async () => {
    await ensureDirectory(join(world.home, "logs/instances/1/1-web.1"));
    await exec([
      "chown",
      "-R",
      `${account.uid}:${account.gid}`,
      join(world.home, "logs/instances"),
    ]);
    assert.equal((await ask({ verb: "startInstance", args: instance })).value, null);
    const observed = async () => {
      const { value } = await ask({ verb: "observeInstances", args: { id: 1 } });
      const [seen] = value as readonly [{ readonly pid: number | null }];
      return seen;
    };
    await until(async () => (await observed()).pid !== null, "it runs");
    const { pid } = await observed();
    const running = ask({
      verb: "runCommand",
      args: { ...run, command: "setsid sleep 983 & sleep 983" },
    });
    await until(async () => (await processesOf(1)).length >= 5, "the command runs");
    await world.restart();
    assert.equal((await running).value, undefined);
    assert.equal((await observed()).pid, pid);
    await until(
      async () => !(await commandLines()).includes("sleep\x00983"),
      "the command is gone",
    );
    assert.equal((await ask({ verb: "stopInstance", args: { id: 1, graceMs: 0 } })).value, null);
    await until(async () => (await processesOf(1)).length === 0, "the instance is gone");
  },
);

test(
  "the audit has a line for each call, with the names of config vars and no value",
  forRoot,
  async () => {
    await ask({ verb: "runCommand", args: { ...run, env: { TOKEN: "s3cret-value" } } });
    const lines = world
      .audit()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(lines.length > 150, `${lines.length} lines`);
    for (const { at, by, verb, outcome } of lines) {
      assert.match(String(at), /^\d{4}-\d\d-\d\dT/);
      assert.equal(by, account.uid);
      assert.ok(verb && outcome);
    }
    const last = JSON.stringify(lines.at(-1));
    assert.match(last, /"env":\["TOKEN"\]/);
    assert.doesNotMatch(world.audit(), /s3cret-value/);
  },
);

type Answer = {
  readonly value?: unknown;
  readonly failure?: { readonly code: string };
  readonly output: string;
};

async function ask(request: { verb: unknown; args: unknown }): Promise<Answer> {
  return askText(JSON.stringify(request));
}

async function askText(text: string): Promise<Answer> {
  const socket = await open();
  socket.write(`${text}\n`);
  let output = "";
  try {
    for await (const { type, payload } of framesOf(socket, 64 * 1024 ** 2)) {
      const json = payload.toString();
      if (type === sessionFrames.output) output += json;
      if (type === sessionFrames.result) return { ...JSON.parse(json), output } as Answer;
      if (type === sessionFrames.failure) return { failure: JSON.parse(json), output };
    }
  } catch (error) {
    assert.match(String(error), /ECONNRESET|EPIPE|ECONNREFUSED|ENOENT/);
  }
  return { output };
}

/** A connection that is taken as it comes; one that is refused is closed at once. */
async function open(): Promise<Socket> {
  const socket = connect(world.socket);
  socket.on("error", () => {});
  await new Promise<void>((done) => socket.once("connect", done).once("close", done));
  return socket;
}

function withoutEach(args: Readonly<Record<string, unknown>>): unknown[] {
  return Object.keys(args).map((name) =>
    Object.fromEntries(Object.entries(args).filter(([key]) => key !== name)),
  );
}

/** A growing tree of two files. */
async function tree(artifactId: number): Promise<void> {
  const path = world.growing(artifactId);
  await ensureDirectory(join(path, "sub"));
  for (const name of ["file", "sub/inner"]) await writeFile(join(path, name), "content");
}

async function listing(): Promise<string> {
  return exec(["find", world.home, "-not", "-path", "*/logs/*", "-printf", "%p %U %G %m %s\n"]);
}

async function processesOf(userNumber: number): Promise<number[]> {
  const uid = String(world.usersFrom + userNumber);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const texts = await Promise.all(
    pids.map((pid) => readIfThere(`/proc/${pid}/status`).catch(() => null)),
  );
  return pids.filter((_, index) => /^Uid:\t(\d+)/m.exec(texts[index] ?? "")?.[1] === uid);
}

async function commandLines(): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => readIfThere(`/proc/${pid}/cmdline`).catch(() => ""));
  return (await Promise.all(lines)).join("\n");
}

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** berth-root as it is started, over a home as it is laid out, with a sealed artifact 1 of user 1. */
async function startHelper() {
  const folder = await temporaryFolder();
  await exec(["chmod", "711", folder.path]);
  const home = join(folder.path, "home");
  const layout = homeLayout(home);
  await prepareHome(layout, { account, router: { uid: 65_532, gid: 65_532 } });
  const usersFrom = await claimUsers(home);
  const supervision = await superviseFolder(layout.scan);
  const words = [home, usersFrom, account.uid, account.gid].map(String);
  let audit = "";
  const launch = () => {
    const child = start([tools.node, program, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
      env: bareEnv,
    });
    child.stdout?.on("data", (chunk: Buffer) => (audit += chunk.toString()));
    return { child, end: ended(child) };
  };
  let helper = launch();
  const answers = async () => (await ask({ verb: "protections", args: {} })).value !== undefined;
  const started = {
    folder: folder.path,
    home,
    usersFrom,
    socket: layout.helperSocket,
    growing: (artifactId: number) => join(layout.artifacts, `${artifactId}.partial`),
    pid: () => helper.child.pid ?? 0,
    audit: () => audit,
    restart: async () => {
      helper.child.kill("SIGKILL");
      await helper.end;
      helper = launch();
      await until(answers, "the next berth-root answers");
    },
    [Symbol.asyncDispose]: async () => {
      helper.child.kill("SIGKILL");
      await helper.end;
      await supervision[Symbol.asyncDispose]();
      await releaseUsers(home);
      await folder[Symbol.asyncDispose]();
    },
  };
  world = started;
  await until(answers, "berth-root answers");
  await tree(1);
  await exec(["chown", "-R", `${account.uid}:${account.gid}`, started.growing(1)]);
  for (const verb of ["handOverArtifact", "sealArtifact", "finishArtifact"] satisfies Verb[])
    assert.equal((await ask({ verb, args: { artifactId: 1, user: 1 } })).value, null);
  return started;
}
