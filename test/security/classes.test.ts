import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import test, { after, before } from "node:test";
import { exists } from "#lib/files.ts";
import { startPlatform, webApp, type Platform } from "../platform.ts";
import { isRoot } from "../privileges.ts";
import { runProgram } from "../programs.ts";

/**
 * Classes of failure that other platforms had, those that no other file tries. The table in
 * docs/explanation/security.md says which test stands for which class.
 */
let platform: Platform;
let marker: string;
before(async () => {
  platform = await startPlatform();
  marker = join(platform.folder, "marker");
  for (const name of ["shop", "shop-admin", "shopadmin"]) {
    await platform.berth("apps:create", name);
    const pushed = await platform.push(await platform.tree(webApp(name)), name);
    assert.equal(pushed.code, 0, pushed.stderr);
  }
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test("class 1, shell interpolation: every word arrives byte for byte, and none is run", async () => {
  const hostile = [
    `; touch ${marker}`,
    `$(touch ${marker})`,
    `\`touch ${marker}\``,
    `' ; touch ${marker} ; '`,
    `" && touch ${marker} && "`,
    `a\nb\ttouch ${marker}\r\n`,
    `| tee ${marker} > ${marker}`,
    "-rf",
    "--help",
    "../../etc/passwd",
    "~root/*?[a]{b,c}",
    "\\ \\\\ \\n %s ${HOME} $HOME !1",
    "é\u202Eü\u{1F600}",
    " ",
    "",
  ];
  const print = "process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.V]))";
  const set = await platform.berth("config:set", `V=${hostile.join("|")}`, "-a", "shop");
  assert.equal(set.code, 0, set.stderr);
  const ran = await platform.berth(
    "run",
    "-a",
    "shop",
    "--",
    "node",
    "-e",
    print,
    "--",
    ...hostile,
  );
  assert.deepEqual(JSON.parse(ran.stdout), [hostile, hostile.join("|")], ran.stderr);
  assert.equal(await exists(marker), false);
});

test("class 11, default secrets: two installations share no secret, and no file says one", async () => {
  await using other = await startPlatform();
  const [ours, theirs] = await Promise.all([secretsOf(platform.home), secretsOf(other.home)]);
  const names = [...ours.keys()].filter((name) => theirs.has(name));
  for (const name of ["data/secret.key", "data/ssh/host_ed25519"]) {
    assert.ok(names.includes(name), `${name} is among ${names.join(", ")}`);
  }
  for (const name of names) assert.notDeepEqual(ours.get(name), theirs.get(name), name);
  const all = Buffer.concat([...theirs.values()]);
  for (const [name, bytes] of ours) {
    for (const word of bytes.toString("latin1").match(/[\w+/-]{40,}={0,2}/g) ?? []) {
      // How every key of OpenSSH begins.
      if (word.startsWith("b3BlbnNzaC1rZXktdjE")) continue;
      assert.equal(all.includes(word), false, `a word of ${name} is in the other home`);
    }
  }
});

test("class 20, name collisions: what is done to shop touches neither shop-admin nor shopadmin", async () => {
  const others = ["shop-admin", "shopadmin"];
  const stateOf = async (name: string) => {
    const lists = ["config", "releases", "domains"].map(async (list) => {
      const { stdout } = await platform.berth(list, "-a", name, "--json");
      return JSON.parse(stdout) as unknown;
    });
    const [config, releases, domains] = await Promise.all(lists);
    const { stdout } = await platform.berth("ps", "-a", name, "--json");
    // What they use changes by itself.
    const running = (JSON.parse(stdout) as { name: string; pid: number; startedAt: string }[]).map(
      (it) => [it.name, it.pid, it.startedAt],
    );
    const { body } = await platform.visit(`${name}.localhost`);
    return { config, releases, running, domains, body };
  };
  const untouched = await Promise.all(others.map(stateOf));
  for (const args of [
    ["config:set", "V=changed", "-a", "shop"],
    ["ps:scale", "web=2", "-a", "shop"],
    ["domains:add", "shop.example.com", "-a", "shop"],
    ["ps:restart", "-a", "shop"],
    ["apps:destroy", "shop", "--confirm", "shop"],
  ]) {
    const done = await platform.berth(...args);
    assert.equal(done.code, 0, `${args.join(" ")}: ${done.stderr}`);
  }
  assert.deepEqual(await Promise.all(others.map(stateOf)), untouched);
});

test("class 21, secret files: whoever is on the machine can open none that holds a secret", async () => {
  const open: string[] = [];
  const found = new Set<string>();
  for (const path of await filesIn(platform.home)) {
    const name = relative(platform.home, path);
    if (!isSecret(name)) continue;
    if (await isOpenToAll(name)) open.push(name);
    found.add(basename(name));
  }
  assert.deepEqual(open, []);
  for (const name of ["secret.key", "api.token", "host_ed25519", "berth.db", "sandbox.3"])
    assert.ok(found.has(name), `${name} is among ${[...found].join(", ")}`);
  if (!isRoot) return;
  const asNobody = { uid: 65_534, gid: 65_534 };
  for (const name of ["data/secret.key", "data/berth.db", "run/berthd.sock"]) {
    const read = await runProgram(["cat", join(platform.home, name)], asNobody);
    assert.notEqual(read.code, 0, name);
  }
});

/** Whether others may pass through each folder on the way, and read the file. */
async function isOpenToAll(name: string): Promise<boolean> {
  const parts = name.split("/");
  for (const [at] of parts.entries()) {
    const isFile = at === parts.length - 1;
    const path = join(platform.home, ...parts.slice(0, at + 1));
    const { mode } = await stat(path).catch(() => ({ mode: 0 }));
    if ((mode & (isFile ? 0o004 : 0o001)) === 0) return false;
  }
  return true;
}

function isSecret(name: string): boolean {
  return /(?:\.key|\.token|host_ed25519|sandbox\.3|\.db(?:-wal|-shm)?)$/.test(name);
}

/** Name → content of every small file that only its owner may read. */
async function secretsOf(home: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const path of await filesIn(home)) {
    const name = relative(home, path);
    if (!isSecret(name) || /^run\/|\.db/.test(name)) continue;
    found.set(name, await readFile(path));
  }
  return found;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
}
