import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rmdir,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { privilegedVerbs, type Verb } from "#domain/privileges.ts";
import { joinFiles } from "#domain/realm.ts";
import { inputBytesMax, sessionFrames } from "#domain/runner.ts";
import { relayWords } from "#drivers/privileges/relay.ts";
import { checkout, programOf } from "#lib/checkout.ts";
import { bareEnv, ended, exec, start } from "#lib/exec.ts";
import { exitFrom } from "#lib/exits.ts";
import { ensureDirectory, readIfThere } from "#lib/files.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";
import { homeLayout } from "#setup/layout.ts";
import { prepareHome } from "#setup/prepare-home.ts";
import { makeRealm, removeRealm } from "#setup/realm.ts";
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
const berthRoot = programOf(checkout, "berth-root");
let world: Awaited<ReturnType<typeof startHelper>>;

before(async () => {
  if (isRoot) world = await startHelper();
});
after(async () => {
  if (isRoot) await world[Symbol.asyncDispose]();
});

/** A shell's command line of an app, as its user. */
const shell = (line: string) => ({ argv: ["/bin/sh", "-c", line], files: [] as string[] });
/** The same with a conversation about it, as berthd has one with a command. */
const talking = (line: string, { takesInput = false } = {}) => {
  const { argv, files } = shell(line);
  return { argv: [...relayWords({ takesInput }), ...argv], files };
};
const run = { user: 1, program: talking("true"), isConfined: false };
const named = () => ({ ...run, name: `c${randomUUID()}` });
const how = {
  network: "open",
  port: null,
  program: { ...shell("exec sleep 900"), files: [""] },
  logName: "1/1-web.1",
};
const instance = { id: 1, user: 1, ...how };

/** For each verb, arguments that it takes. */
const fair: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  startInstance: instance,
  removeInstance: { id: 1 },
  runCommand: named(),
  admitApp: { user: 1, network: "closed", port: 80 },
  forgetApp: { user: 1 },
  closePort: { user: 1, port: 80 },
  setPorts: { open: [80], instances: { min: 61_500, max: 61_800 } },
  lookAtFence: {},
  handOverArtifact: { artifactId: 1, user: 1 },
  sealArtifact: { artifactId: 1, user: 1 },
  finishArtifact: { artifactId: 1, user: 1 },
  adoptArtifact: { artifactId: 1, user: 1 },
  publishArtifact: { artifactId: 1, user: 1 },
  removeArtifact: { artifactId: 1 },
  makeCache: { appId: 1, user: 1 },
  removeCache: { appId: 1 },
};

const noNumbers = [0, -1, 1.5, 2 ** 53, "1", "../1", "1; id", null, [1], { id: 1 }, true];
/** What each argument must not be. */
const hostile: Readonly<Record<string, readonly unknown[]>> = {
  id: noNumbers,
  appId: noNumbers,
  artifactId: noNumbers,
  user: [...noNumbers, 10_000, 1_900_000_001],
  name: ["", "c", "../x", `c${"/".repeat(36)}`, `x${randomUUID()}`, `c${randomUUID()}\n`, 1],
  program: [
    {},
    shell("a\0b"),
    { argv: [], files: [] },
    { argv: ["true"], files: ["no base64!"] },
    { argv: ["true"], files: Array(9).fill("") },
    { argv: Array(10_001).fill("x"), files: [] },
    { argv: ["true"], files: [], uid: 0 },
  ],
  logName: ["../../x", "1/1-web.1/..", "/etc/passwd", "1/1-web.1\n", "1/1-.1"],
  network: ["", "OPEN", "open\n", 1, null],
  open: [null, [0], [65_536], ["80"], ['"; flush ruleset'], Array(65_536).fill(80)],
  instances: [null, { min: 0, max: 1 }, { min: 1, max: 65_536 }, { min: 1, max: 2, own: 1 }],
  port: [0, -1, 1.5, 65_536, "80", '"; flush ruleset'],
  isConfined: [null, 1],
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
        for (const value of hostile[name] ?? []) cases.push({ ...args, [name]: value });
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

test("what is no verb, and what is no request, is refused", forRoot, async () => {
  for (const verb of ["", "exec", "constructor", "__proto__", "toString", "startinstance", 1, null])
    assert.equal((await ask({ verb, args: {} })).failure?.code, "helper_refused", String(verb));
  for (const text of ["", "{", "null", "[]", '{"verb":"lookAtFence"}', "\0\xff", '{"args":{}}'])
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
    const listens = new Promise((first) => huge.once("data", first));
    huge.write(
      `${JSON.stringify({ verb: "runCommand", args: { ...named(), program: talking("true", { takesInput: true }) } })}\n`,
    );
    await listens;
    huge.write(Buffer.from([sessionFrames.input, 0xff, 0xff, 0xff, 0xff]));
    await new Promise((closed) => huge.once("close", closed));
    await until(
      async () => (await ask({ verb: "lookAtFence", args: {} })).value !== undefined,
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
    const asked = { ...named(), program: talking("yes 0123456789abcdef") };
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
    const asked = { ...named(), program: talking("exec sleep 600", { takesInput: true }) };
    sender.write(`${JSON.stringify({ verb: "runCommand", args: asked })}\n`);
    const piece = encodeFrame(sessionFrames.input, Buffer.alloc(inputBytesMax));
    await new Promise((listens) => sender.once("data", listens));
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
    const lines = "cp /bin/sh sh; chmod 6777 sh; chmod 2777 sub; mkdir open; chmod 1777 open";
    await runInTree(31, lines);
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
    await runInTree(32, "mkfifo pipe");
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

test(
  "nobody puts anything into a sealed tree, and only its app has it in the end",
  forRoot,
  async () => {
    await tree(70);
    await exec(["chown", "-R", `${account.uid}:${account.gid}`, world.growing(70)]);
    for (const verb of ["handOverArtifact", "sealArtifact"])
      assert.equal((await ask({ verb, args: { artifactId: 70, user: 1 } })).value, null);
    const attempts = `const fs = require("node:fs"); const [top] = process.argv.slice(1);
    fs.readFileSync(top + "/file");
    for (const act of [() => fs.chmodSync(top, 0o750), () => fs.writeFileSync(top + "/planted", ""),
      () => fs.renameSync(top, top + ".aside"), () => fs.renameSync(top + "/sub", top + "/held")])
      try { act(); console.log("worked", act); } catch {}`;
    const tried = await runProgram([tools.node, "-e", attempts, world.growing(70)], account);
    assert.deepEqual(tried, { code: 0, stdout: "", stderr: "" });
    const foreign = await ask({ verb: "finishArtifact", args: { artifactId: 70, user: 2 } });
    assert.equal(foreign.failure?.code, "tree_refused");
    const own = await ask({ verb: "finishArtifact", args: { artifactId: 70, user: 1 } });
    assert.equal(own.value, null);
    const { uid, gid, mode } = await stat(join(world.home, "data/artifacts/70"));
    assert.deepEqual([uid, gid, mode & 0o777], [world.usersFrom, world.usersFrom + 1, 0o550]);
  },
);

test("a release of an older Berth, all or its top the account's, is taken", forRoot, async () => {
  const top = join(world.home, "data/artifacts/70");
  const adopt = (user: number) => ask({ verb: "adoptArtifact", args: { artifactId: 70, user } });
  await chown(top, account.uid, world.usersFrom + 1);
  assert.equal((await adopt(1)).value, null);
  await exec(["chown", "-R", `${account.uid}:${account.gid}`, top]);
  assert.equal((await adopt(1)).value, null);
  const owners = await exec(["find", top, "-printf", "%U:%G\n"]);
  assert.deepEqual(
    new Set(owners.trim().split("\n")),
    new Set([`${world.usersFrom}:${world.usersFrom + 1}`]),
  );
  for (const verb of ["adoptArtifact", "publishArtifact"]) {
    const { failure } = await ask({ verb, args: { artifactId: 70, user: 2 } });
    assert.equal(failure?.code, "helper_refused", verb);
  }
});

test(
  "what is run is an app's user, in its cgroup, and can never be more, whatever berthd asks for",
  forRoot,
  async () => {
    const name = `c${randomUUID()}`;
    const uid = world.usersFrom + 1;
    const cgroups = await makeCgroup(uid, name);
    const line = `id -u; id -g; id -G; grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs)" /proc/self/status
      cat /proc/self/cgroup; chroot / true; kill -0 1; cat ${world.home}/run/root/fence.nft; su -c true`;
    const ran = await ask({
      verb: "runCommand",
      args: { ...run, name, isConfined: true, program: talking(line) },
    });
    const said = ran.output;
    assert.match(
      said,
      new RegExp(`^${uid}\n${uid}\n${uid}\nUid:(\t${uid}){4}\nGid:(\t${uid}){4}\n`),
    );
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      assert.match(said, new RegExp(`^${set}:\t0{16}$`, "m"));
    assert.match(said, /^NoNewPrivs:\t1$/m);
    assert.notEqual((ran.value as { code: number }).code, 0);
    const standing = said.split("\n").filter((it) => it.endsWith(`/u${uid}/${name}`));
    assert.equal(standing.length, cgroups.length, said);
    // A cgroup that is not there is none to run in.
    const lost = { ...named(), isConfined: true };
    const refused = await ask({ verb: "runCommand", args: lost });
    assert.notEqual((refused.value as { code: number } | undefined)?.code ?? 1, 0);
    for (const folder of cgroups) await rmdir(folder);
  },
);

test(
  "berthd makes cgroups of apps, and neither joins others nor lifts what holds all",
  forRoot,
  async () => {
    const places = world.realm.cgroups.map(({ apps }) => apps);
    assert.ok(places.length > 0);
    const attempts = `const fs = require("node:fs"), path = require("node:path");
    for (const apps of process.argv.slice(1)) {
      const own = apps + "/u" + process.getuid();
      fs.mkdirSync(own);
      const tries = {
        "take init": () => fs.writeFileSync(own + "/cgroup.procs", "1"),
        "leave the apps": () => fs.mkdirSync(path.dirname(apps) + "/more"),
        "take a neighbour's place": () => fs.renameSync(own, path.dirname(apps) + "/own"),
        ...Object.fromEntries(fs.readdirSync(apps)
          .filter((name) => /(max|limit_in_bytes|cfs_quota_us|weight|shares)$/.test(name))
          .map((name) => ["change " + name, () => fs.writeFileSync(apps + "/" + name, "1000000")])),
      };
      for (const [what, act] of Object.entries(tries)) {
        try { act(); console.log(apps, what, "worked"); } catch {}
      }
      fs.rmdirSync(own);
    }`;
    const tried = await runProgram([tools.node, "-e", attempts, ...places], account);
    assert.deepEqual(tried, { code: 0, stdout: "", stderr: "" });
  },
);

test("whoever owns berthd's account cannot replace what root runs or trusts", forRoot, async () => {
  const { home } = world;
  const attempts = `const fs = require("node:fs"); const home = process.argv[1];
    const at = (path) => home + "/" + path;
    const tries = {
      "make a service": () => fs.mkdirSync(at("run/scan/evil")),
      "make a service folder": () => fs.mkdirSync(at("run/services/i9")),
      "move the services away": () => fs.renameSync(at("run/services"), at("run/gone")),
      "move the scan folder away": () => fs.renameSync(at("run/scan"), at("run/gone")),
      "write an exit note": () => fs.writeFileSync(at("run/exits/i1"), "0 0"),
      "move berth-root's folder away": () => fs.renameSync(at("run/root"), at("run/gone")),
      "change what berth-root keeps to": () => fs.writeFileSync(at("run/root/realm.json"), "{}"),
      "change the fence": () => fs.appendFileSync(at("run/root/fence.nft"), "x"),
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

test("the account steers a service, and changes nothing of it", forRoot, async () => {
  const service = await startInstance();
  const attempts = `const fs = require("node:fs"); const at = (path) => process.argv[1] + "/" + path;
    const tries = {
      "list the folder": () => fs.readdirSync(at("")),
      "read the config vars": () => fs.readFileSync(at("sandbox.3")),
      "read what is run": () => fs.readFileSync(at("run")),
      "change what is run": () => fs.writeFileSync(at("run"), ""),
      "put another in its place": () => fs.renameSync(at("run"), at("ran")),
      "change what runs at its end": () => fs.writeFileSync(at("finish"), ""),
      "change its logger": () => fs.writeFileSync(at("log/run"), ""),
      "move the logger away": () => fs.renameSync(at("log"), at("gone")),
      "have root write to a file": () => fs.symlinkSync("/etc/passwd", at("event/ftrig1:@" + "a".repeat(42))),
      "the same for the logger's end": () => fs.symlinkSync("/etc/passwd", at("log/event/x")),
      "write its state": () => fs.writeFileSync(at("supervise/status"), ""),
      "put its state elsewhere": () => fs.symlinkSync("/etc/passwd", at("supervise/status.new")),
      "take its orders": () => fs.readFileSync(at("supervise/control")),
      "open its orders to all": () => fs.chmodSync(at("supervise/control"), 0o666),
    };
    for (const [what, act] of Object.entries(tries)) {
      try { act(); console.log(what, "worked"); } catch (error) {
        if (!["EACCES", "EPERM"].includes(error.code)) console.log(what, error.code);
      }
    }`;
  const tried = await runProgram([tools.node, "-e", attempts, service], account);
  assert.deepEqual(tried, { code: 0, stdout: "", stderr: "" });
  // All that s6-supervise listens to but its own end, after which it is started again and tells no more.
  const orders = "abqhktic12ywPCKDUoOrQpdu".repeat(50);
  for (const path of [service, join(service, "log")])
    await exec(["tee", join(path, "supervise/control")], { ...account, input: orders });
  const owner = (await stat(join(service, "run"))).uid;
  assert.equal(owner, 0);
  assert.equal((await ask({ verb: "removeInstance", args: { id: 1 } })).value, null);
  await until(async () => (await processesOf(1)).length === 0, "all of it is gone");
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
  "killed at any moment it loses nothing: instances go on, commands end, the next one goes on",
  forRoot,
  async () => {
    const service = await startInstance();
    const pidOf = () => exec(["s6-svstat", "-o", "pid", service], account);
    await until(async () => Number(await pidOf()) > 0, "it runs");
    const pid = await pidOf();
    const sandboxed = ["bwrap", "--unshare-all", "--die-with-parent", "--bind", "/", "/", "--"];
    const { argv: line } = shell("setsid sleep 983 & sleep 983");
    const argv = [...relayWords({ takesInput: false }), ...sandboxed, ...line];
    const running = ask({
      verb: "runCommand",
      args: { ...named(), program: { argv, files: [] } },
    });
    await until(async () => (await processesOf(1)).length >= 5, "the command runs");
    await world.restart();
    assert.equal((await running).value, undefined);
    assert.equal(await pidOf(), pid);
    await until(
      async () => !(await commandLines()).includes("sleep\x00983"),
      "the command is gone",
    );
    await exec(["s6-svc", "-dk", service], account);
    await until(async () => (await processesOf(1)).length === 0, "the instance has ended");
    assert.equal((await ask({ verb: "removeInstance", args: { id: 1 } })).value, null);
    await assert.rejects(lstat(service), { code: "ENOENT" });
  },
);

test(
  "the audit has a line for each call, with what is run, and nothing of its files",
  forRoot,
  async () => {
    const secret = Buffer.from("s3cret-value").toString("base64");
    const program = { ...shell("true # shown"), files: [secret] };
    await ask({ verb: "runCommand", args: { ...named(), program } });
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
    assert.match(last, /"argv":\["\/bin\/sh","-c","true # shown"\]/);
    assert.ok(!world.audit().includes("s3cret-value") && !world.audit().includes(secret));
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
  let answer: Omit<Answer, "output"> = {};
  let output = "";
  try {
    for await (const { type, payload } of framesOf(socket, 64 * 1024 ** 2)) {
      const said = payload.toString();
      if (type === sessionFrames.output) output += said;
      if (type === sessionFrames.failure) answer = { failure: JSON.parse(said) };
      if (type !== sessionFrames.result) continue;
      // Of a program that ran, how it ended; else what berth-root answers.
      answer = said.startsWith("{") ? JSON.parse(said) : { value: exitFrom(said) };
      socket.end();
    }
  } catch (error) {
    assert.match(String(error), /ECONNRESET|EPIPE|ECONNREFUSED|ENOENT/);
  }
  return { ...answer, output };
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

/** A cgroup of an app, as berthd makes it, in each of its hierarchies. */
async function makeCgroup(uid: number, name: string): Promise<string[]> {
  const folders = joinFiles(world.realm, { uid, name }).map((file) => dirname(file));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  return folders;
}

/** The service folder of instance 1, which runs. */
async function startInstance(): Promise<string> {
  const logs = join(world.home, "logs/instances");
  await ensureDirectory(join(logs, how.logName));
  await exec(["chown", "-R", `${account.uid}:${account.gid}`, logs]);
  for (const name of ["i1", "l1"]) await makeCgroup(world.usersFrom + 1, name);
  assert.equal((await ask({ verb: "startInstance", args: instance })).value, null);
  return join(world.home, "run/services/i1");
}

/** As a build does, in a tree that was handed over. */
async function runInTree(artifactId: number, lines: string): Promise<void> {
  const program = talking(`cd ${world.growing(artifactId)} && ${lines}`);
  const { value } = await ask({ verb: "runCommand", args: { ...named(), program } });
  assert.equal((value as { code: number }).code, 0);
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
  const router = { uid: 65_532, gid: 65_532 };
  await prepareHome(layout, { account, router });
  const usersFrom = await claimUsers(home);
  const realm = await makeRealm(layout.helper, { account, router, appsFrom: usersFrom });
  const supervision = await superviseFolder(layout.scan);
  let audit = "";
  const launch = () => {
    const child = start([tools.node, berthRoot, home], {
      stdio: ["ignore", "pipe", "inherit"],
      env: bareEnv,
    });
    child.stdout?.on("data", (chunk: Buffer) => (audit += chunk.toString()));
    return { child, end: ended(child) };
  };
  let helper = launch();
  const answers = async () => (await ask({ verb: "lookAtFence", args: {} })).value !== undefined;
  const started = {
    folder: folder.path,
    home,
    usersFrom,
    realm,
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
      await removeRealm(realm);
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
