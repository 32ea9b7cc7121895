import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { deflateSync } from "node:zlib";
import { ended, start } from "#lib/exec.ts";
import { exists } from "#lib/files.ts";
import { renderPktLine } from "#lib/pkt-line.ts";
import { commit, startPlatform, webApp, type Platform } from "../platform.ts";
import { runProgram } from "../programs.ts";

let platform: Platform;
before(async () => {
  platform = await startPlatform("push_megabytes_max: 3\n");
  await platform.berth("apps:create", "shop");
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
  const { stdout } = await runProgram(["git", "-C", tree, "rev-parse", "main"]);
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
  const { stdout } = await runProgram(["git", "-C", tree, "rev-parse", "main"]);
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

async function leftBehind(): Promise<string[]> {
  const objects = await readdir(join(platform.home, "data/repos/1.git/objects"));
  return objects.filter((name) => name.startsWith("tmp_"));
}

/** Speaks git's protocol itself, as no real client would make such a pack. */
async function sendPack(pack: Buffer): Promise<string> {
  const { ssh, ports, account } = platform;
  const child = start(
    [ssh, "-p", String(ports.ssh), `${account}@127.0.0.1`, "git-receive-pack 'shop'"],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
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
