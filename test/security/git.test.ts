import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { deflateSync } from "node:zlib";
import { ended, exec, start } from "#lib/exec.ts";
import { exists } from "#lib/files.ts";
import { renderPktLine } from "#lib/pkt-line.ts";
import { commit, startPlatform, webApp, type Platform } from "../platform.ts";
import { isHarmless } from "../hostile-text.ts";
import { git, runProgram } from "../programs.ts";

let platform: Platform;
/** Of shop, which nothing runs of at first. */
let repository: string;
before(async () => {
  platform = await startPlatform("push_megabytes_max: 3\n");
  await platform.berth("apps:create", "shop");
  repository = join(platform.home, "data/repos/1.git");
  await deploy("live");
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test("class 22, exhaustion: a push larger than the setting is refused, and leaves nothing", async () => {
  const tree = await platform.tree(webApp("large"));
  await commit(tree, { large: randomBytes(5_000_000).toString("base64") });
  const refused = await platform.push(tree, "shop");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /pack exceeds maximum allowed size/);
  assert.doesNotMatch(refused.stderr, /hint: Support for/);
  assert.deepEqual(await leftBehind(), []);
});

test("class 22, exhaustion: a small pack that stands for an object of 50 GB is given up soon, in little memory", async () => {
  const startedMs = performance.now();
  const answer = await sendPack(bomb(3200));
  assert.match(answer, /Out of memory|unpack .*(?:error|fail)|index-pack abnormal exit/);
  assert.ok(performance.now() - startedMs < 20_000, "within 20 s");
  const tree = await platform.tree(webApp("still here"));
  const pushed = await platform.push(tree, "shop");
  assert.equal(pushed.code, 0, pushed.stderr);
});

test("class 22, exhaustion: thousands of refs in one push are refused at once, and begin nothing", async () => {
  const tree = await platform.tree(webApp("x"));
  const { stdout } = await git(tree, "rev-parse", "main");
  const lines = Array.from(
    { length: 3000 },
    (_, at) => `create refs/heads/b${at} ${stdout.trim()}`,
  );
  const made = start(["git", "-C", tree, "update-ref", "--stdin"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  made.stdin?.end(`${lines.join("\n")}\n`);
  assert.equal((await ended(made)).code, 0);
  const jobs = (await platform.berth("jobs", "--json")).stdout;
  const refused = await platform.push(tree, "shop", ["refs/heads/b*:refs/heads/b*"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /3000 refs in one push; 100 are taken/);
  assert.equal((await platform.berth("jobs", "--json")).stdout, jobs);
});

test("class 2, options and protocols: replacements, notes and hidden refs are not taken, nor is a name without end", async () => {
  const tree = await platform.tree(webApp("x"));
  const { stdout } = await git(tree, "rev-parse", "main");
  const refs = [`refs/replace/${stdout.trim()}`, "refs/notes/commits", "refs/berth/artifacts/1"];
  for (const ref of refs) {
    const refused = await platform.push(tree, "shop", [`main:${ref}`]);
    assert.equal(refused.code, 1, ref);
    assert.match(refused.stderr, /only branches are deployed|hidden ref/, ref);
  }
  const long = await platform.push(tree, "shop", [`main:refs/heads/${"x/".repeat(600)}x`]);
  assert.equal(long.code, 1);
  assert.match(long.stderr, /its name is longer than 1000 bytes/);
});

test("pointers of Git LFS are pointed out to who pushes them", async () => {
  await platform.berth("apps:create", "lfs");
  const tree = await platform.tree(webApp("x"));
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 5\n`;
  await commit(tree, { "model.bin": pointer });
  // After the commit: this git need not know LFS, which would want its filter.
  await commit(tree, { ".gitattributes": "*.bin filter=lfs -text\n" });
  const pushed = await platform.push(tree, "lfs");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stderr, /Warning: model\.bin: pointers of Git LFS/);
});

test("class 2, options and protocols: a repository cannot be cloned with what a client asks git to run or to fetch", async () => {
  const ran = join(platform.folder, "ran");
  const honest = await platform.overSsh("git-upload-pack 'shop' </dev/null");
  assert.match(honest.stdout, /refs\/heads\/main/);
  const commands = [
    "git-upload-pack --strict --timeout=0 'shop'",
    `git-upload-pack '--upload-pack=touch ${ran}' 'shop'`,
    "git-upload-archive 'shop'",
    "git upload-pack '../../etc'",
    "git-receive-pack '-c' 'shop'",
    "git-receive-pack 'shop/../shop'",
  ];
  for (const command of commands) {
    const refused = await platform.overSsh(command);
    assert.notEqual(refused.code, 0, command);
    assert.match(refused.stderr, /^berth: /, command);
    assert.equal(refused.stdout, "", command);
  }
  assert.equal(await exists(ran), false);
});

test("garbage instead of git's protocol, and a crowd at the door, harm nothing", async () => {
  const lines = ["garbage", "ffff", "0000", "0005", "00320000000000 0000 refs/heads/main\0x\n0000"];
  for (const line of lines) {
    const stdio = ["pipe" as const, "ignore" as const, "ignore" as const];
    const child = start(platform.sshArgv("git-receive-pack 'live'"), { stdio });
    child.stdin?.on("error", () => {});
    child.stdin?.end(line.repeat(100));
    const { code } = await ended(child);
    assert.ok(line.startsWith("0000") || code !== 0, line);
  }
  const crowd = Array.from({ length: 200 }, async () => {
    const socket = connect(platform.ports.ssh, "127.0.0.1");
    socket.on("error", () => {});
    // sshd greets, or has had enough of them.
    await Promise.race([once(socket, "data"), once(socket, "close")]).catch(() => {});
    socket.write("SSH-2.0-nobody\r\n\0\0\0\x0cgarbage");
    return socket;
  });
  for (const socket of await Promise.all(crowd)) socket.destroy();
  const listed = await platform.overSsh("apps");
  assert.equal(listed.code, 0, listed.stderr);
  const checked = await git(repository, "-c", "safe.directory=*", "fsck");
  assert.equal(checked.code, 0, checked.stderr);
  assert.deepEqual(await leftBehind(), []);
});

test("only commits go to a branch, and only to one that is deployed", async () => {
  const tree = await deploy("commits");
  await git(tree, "-c", "user.name=T", "-c", "user.email=t@localhost", "tag", "-a", "-m", "x", "t");
  const refusals = {
    t: /only branches are deployed; push a branch, not a tag/,
    "main:refs/notes/x": /only branches are deployed/,
    "main:refs/berth/x": /hidden ref/,
    ":main": /a deployed branch is not deleted by a push; use berth apps:destroy/,
    "main:other": /commits has no branch other\. It deploys: main\./,
    "+main:Procfile:refs/heads/main": /is a blob, and a branch takes commits/,
    "+main^{tree}:refs/heads/main": /is a tree, and a branch takes commits/,
    "+t:refs/heads/main": /annotated tag.*<tag>\^\{commit\}:main/,
  };
  const blob = (await git(tree, "rev-parse", "main:Procfile")).stdout.trim();
  for (const [ref, reason] of Object.entries(refusals)) {
    const pushed = await platform.push(tree, "commits", [ref.replace("main:Procfile", blob)]);
    assert.equal(pushed.code, 1, ref);
    assert.match(pushed.stderr, /\[remote rejected\]/);
    assert.match(pushed.stderr, reason);
  }
  for (const name of ["<img/src=x>", "\u202eevil\u200b"]) {
    const pushed = await platform.push(tree, "commits", [`main:refs/heads/${name}`]);
    assert.match(pushed.stderr, /remote rejected.*use letters, digits and \. _ \/ -/, name);
    const said = pushed.stderr.split("\n").filter((line) => line.startsWith("remote:"));
    assert.ok(isHarmless(said.join("\n")), pushed.stderr);
  }
  const remote = `ssh://${platform.account}@127.0.0.1:${platform.ports.ssh}/commits`;
  const env = { GIT_SSH: platform.ssh, GIT_SSH_VARIANT: "ssh" };
  const refs = await runProgram(["git", "-C", tree, "ls-remote", remote], { env });
  const head = (await git(tree, "rev-parse", "main")).stdout.trim();
  assert.equal(refs.stdout, `${head}\tHEAD\n${head}\trefs/heads/main\n`);
  const releases = JSON.parse((await platform.berth("releases", "-a", "commits", "--json")).stdout);
  assert.equal(releases.length, 1);
});

test("several branches at once are each answered, unless they are to be one step", async () => {
  await deploy("several");
  const tree = await platform.tree(webApp("second"));
  const atomic = await platform.push(tree, "several", ["--atomic", "+main", "main:other"]);
  assert.equal(atomic.stderr.match(/push without --atomic/g)?.length, 2, atomic.stderr);
  assert.equal((await platform.visit("several.localhost")).body, "several");
  const both = await platform.push(tree, "several", ["+main", "main:other"]);
  assert.equal(both.code, 1);
  assert.match(both.stderr, /main -> main \(forced update\)/);
  assert.match(both.stderr, /main -> other \(several has no branch other/);
  assert.equal((await platform.visit("several.localhost")).body, "second");
});

test("class 5, trees that lead out: a tree that could harm, or is not whole, is refused by the name of its path", async () => {
  const path = `${"deep/".repeat(250)}file`;
  const cases = [
    [{ "esc\x1b[31m": "x" }, /"esc\\u001b\[31m" holds a control character/],
    [{ [path]: "x" }, /"deep\/deep.*is longer than 1024 bytes/],
    [{ Procfile: "web: node server.js\nnonsense\n" }, /Procfile:2: there is no colon/],
    [{ Procfile: `web: ${"x".repeat(70_000)}` }, /Procfile:1: it is larger than 64 KiB/],
    [{ Procfile: "x".repeat(2_000_000) }, /Procfile:1: it is larger than 64 KiB/],
    [{ "package.json": "{bad" }, /Reading package\.json failed: it is not JSON/],
    [{ README: "hello" }, /Nothing in [0-9a-f]{7} says how to run it/],
    [{}, /Nothing in [0-9a-f]{7} says how to run it/],
  ] as const;
  for (const [files, reason] of cases) {
    const refused = await platform.push(await platform.tree(files), "live", ["+main"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, reason);
  }
  assert.equal((await platform.visit("live.localhost")).body, "live");
});

test("class 5, trees that lead out: git data inside a tree, and a submodule, are refused", async () => {
  const tree = await platform.tree(webApp("x"));
  const blob = (await git(tree, "rev-parse", "main:Procfile")).stdout.trim();
  const inner = await makeTree(tree, `100644 blob ${blob}\tconfig`);
  const refusals = {
    [`040000 tree ${inner}\t.GIT`]: /hasDotgit/,
    [`040000 tree ${inner}\tgit~1`]: /hasDotgit/,
    [`040000 tree ${inner}\t..`]: /hasDotdot/,
    [`120000 blob ${blob}\t.gitmodules`]: /gitmodulesSymlink/,
    [`160000 commit ${"1".repeat(40)}\tlibrary`]: /"library" is a submodule.*commit its files/,
  };
  for (const [entry, reason] of Object.entries(refusals)) {
    const object = await makeTree(tree, entry);
    const who = ["-c", "user.name=T", "-c", "user.email=t@localhost"];
    const made = await git(tree, ...who, "commit-tree", "-m", "x", object);
    const refused = await platform.push(tree, "live", [`+${made.stdout.trim()}:refs/heads/main`]);
    assert.equal(refused.code, 1, entry);
    assert.match(refused.stderr, reason);
  }
  assert.equal((await platform.visit("live.localhost")).body, "live");
});

/** A new app that serves its own name; gives its tree. */
async function deploy(app: string): Promise<string> {
  await platform.berth("apps:create", app);
  const tree = await platform.tree(webApp(app));
  const pushed = await platform.push(tree, app);
  assert.equal(pushed.code, 0, pushed.stderr);
  return tree;
}

async function leftBehind(): Promise<string[]> {
  const objects = await readdir(join(repository, "objects"));
  return objects.filter((name) => name.startsWith("tmp_"));
}

/** Speaks git's protocol itself, as no real client would make such a pack. */
async function sendPack(pack: Buffer): Promise<string> {
  const stdio = ["pipe" as const, "pipe" as const, "pipe" as const];
  const child = start(platform.sshArgv("git-receive-pack 'shop'"), { stdio });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (said += chunk.toString("latin1")));
  }
  child.stdin?.on("error", () => {});
  const update = `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/main\0report-status`;
  child.stdin?.end(Buffer.concat([renderPktLine(update), Buffer.from("0000"), pack]));
  await ended(child);
  return said;
}

/** A pack of two objects: 16 MiB of nothing, and one that copies it `count` times. @see gitformat-pack(5) */
function bomb(count: number): Buffer {
  const base = Buffer.alloc(0xffffff);
  const copy = Buffer.from([0xf0, 0xff, 0xff, 0xff]);
  const copies = Array.from({ length: count }, () => copy);
  const delta = Buffer.concat([varint(base.length), varint(count * base.length), ...copies]);
  const head = Buffer.concat([Buffer.from("PACK"), Buffer.from([0, 0, 0, 2, 0, 0, 0, 2])]);
  const first = Buffer.concat([objectHead(3, base.length), deflateSync(base)]);
  const second = [objectHead(6, delta.length), offset(first.length), deflateSync(delta)];
  const body = Buffer.concat([head, first, ...second]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

function objectHead(type: number, size: number): Buffer {
  const rest = Math.floor(size / 16);
  const first = type * 16 + (size % 16);
  return rest === 0
    ? Buffer.from([first])
    : Buffer.concat([Buffer.from([first + 128]), varint(rest)]);
}

function varint(value: number): Buffer {
  const rest = Math.floor(value / 128);
  if (rest === 0) return Buffer.from([value]);
  return Buffer.concat([Buffer.from([(value % 128) + 128]), varint(rest)]);
}

/** Big end first, and each further byte counts one more. */
function offset(value: number): Buffer {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    bytes.unshift((rest % 128) + 128);
  }
  return Buffer.from(bytes);
}

/** A tree object of one entry, as `git ls-tree` writes it. */
async function makeTree(tree: string, entry: string): Promise<string> {
  return (await exec(["git", "-C", tree, "mktree", "--missing"], { input: `${entry}\n` })).trim();
}
