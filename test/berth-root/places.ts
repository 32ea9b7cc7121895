import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { PlatformError } from "#domain/errors.ts";
import { ended, exec, start } from "#lib/exec.ts";
import { exists } from "#lib/files.ts";
import { prepareHome } from "#setup/prepare-home.ts";
import { tools } from "../machine.ts";
import { until } from "../platform.ts";
import { runProgram } from "../programs.ts";
import { account, type World } from "./world.ts";

export function placeTests(world: World): void {
  const { ask, startInstance, processesOf } = world;
  test("berthd makes cgroups of apps, and neither joins others nor lifts what holds all", async () => {
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
  });

  test("whoever owns berthd's account cannot replace what root runs or trusts", async () => {
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

  test("folders and files that are swapped for links while berth up takes certificates over lead nowhere", async () => {
    const { certificates } = world.layout;
    const outside = join(world.folder, "guarded");
    await mkdir(outside);
    await writeFile(join(outside, "file"), "guarded", { mode: 0o600 });
    const swapping = `const fs = require("node:fs"); const [top, out] = process.argv.slice(1);
    const at = (name) => top + "/" + name;
    fs.mkdirSync(at("sub")); fs.symlinkSync(out, at("link"));
    fs.writeFileSync(at("file"), ""); fs.symlinkSync(out + "/file", at("linked"));
    const quiet = (from, to) => { try { fs.renameSync(at(from), at(to)); } catch {} };
    for (;;) for (const [own, link] of [["sub", "link"], ["file", "linked"]]) {
      quiet(own, "held"); quiet(link, own); quiet(own, link); quiet("held", own);
    }`;
    const attacker = start([tools.node, "-e", swapping, certificates, outside], {
      stdio: "ignore",
      ...account,
    });
    await until(() => exists(join(certificates, "linked")), "it swaps");
    for (let round = 0; round < 40; round += 1)
      await prepareHome(world.layout, world.users).catch(isNoFolder);
    attacker.kill("SIGKILL");
    await ended(attacker);
    const { uid, mode } = await stat(join(outside, "file"));
    assert.deepEqual([uid, mode & 0o777], [0, 0o600]);
    assert.equal((await stat(outside)).uid, 0);
  });

  test("the account steers a service, and changes nothing of it", async () => {
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

  test("nobody but berthd's account reaches the socket", async () => {
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
}

/** A link, or nothing, is there where a folder was a moment ago. */
function isNoFolder(error: unknown): void {
  const code = error instanceof PlatformError ? "" : (error as NodeJS.ErrnoException).code;
  assert.ok(["", "ENOENT", "ELOOP"].includes(code ?? "?"), String(error));
}
