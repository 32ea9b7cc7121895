import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../platform.ts";
import { files, type World } from "./world.ts";

/** What somebody is told who meets a wall. */
export function tellingTests(world: World): void {
  const { platform, ask } = world;
  test("status says that limits, the filter of system calls and the fence are in force", async () => {
    const { stdout } = await platform.berth("status");
    for (const line of [/Memory, CPU and processes/, /System calls/, /reaches its own ports/]) {
      const found = stdout.split("\n").find((each) => line.test(each)) ?? "";
      assert.match(found, /^Isolation +yes/, stdout);
    }
  });

  test("out of memory shows as such in ps, in an event and in a failed deploy", async () => {
    assert.equal(await ask("rival", "/allocate"), "well");
    await until(
      async () => (await events(world)).includes("instance.out_of_memory"),
      "the event",
      20_000,
    );
    assert.match(
      await events(world),
      /web\.1: it ran out of memory: its limit is 512M\..*berth limits:set memory=1G --type web -a rival/,
    );
    await until(async () => (await ask("rival", "/")) === "up", "it serves again", 20_000);
    const ended = /web\.1 ran out of memory and was started again/;
    const ps = async () => (await platform.berth("ps", "-a", "rival")).stderr;
    await until(async () => ended.test(await ps()), "ps tells it");
    const hog = "const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));";
    await platform.berth("apps:create", "greedy");
    await platform.berth("limits:set", "memory=64M", "-a", "greedy");
    const tree = await platform.tree({ "server.js": hog, Procfile: "web: node server.js\n" });
    const refused = await platform.push(tree, "greedy");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /it ran out of memory: its limit is 64M/);
    assert.match(refused.stderr, /berth limits:set memory=128M --type web -a greedy/);
    const ran = await platform.berth("run", "-a", "rival", "--", "node", "-e", hog);
    const [, job = ""] =
      /^It ran out of memory\. .*: berth jobs:info (\d+)$/m.exec(ran.stderr) ?? [];
    const explained = (await platform.berth("jobs:info", job)).stdout;
    assert.match(explained, /memory, of 512M; allow more: berth limits:set memory=1G -a rival/);
  });

  test("class 19, builds that are not trusted: one that outgrows its memory or its disk is ended with the line to type", async () => {
    await platform.berth("apps:create", "builder");
    const fat = "const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));";
    const memory = await pushBuild(world, `node -e '${fat}'`, "memory=64M");
    assert.match(
      memory,
      /ran out of memory, of 64M; allow more: berth limits:set memory=128M --build -a builder/,
    );
    const disk = await pushBuild(
      world,
      "for i in $(seq 60); do head -c 16M /dev/zero > f$i; sleep 0.1; done",
      "disk=64M",
    );
    assert.match(disk, /outgrew the limit of its disk/);
    const inodes = await pushBuild(
      world,
      "cd /tmp && for i in $(seq 40); do mkdir d$i && (cd d$i && seq 500 | xargs touch); sleep 0.1; done",
      "disk=64M",
    );
    assert.match(
      inodes,
      /outgrew the limit of its disk/,
      "files of no size, in the build's own /tmp",
    );
  });

  test("below the floor of free disk pushes and builds are refused with a sentence, and apps go on", async () => {
    const file = join(platform.home, "config/berth.yml");
    const settings = await readFile(file, "utf8");
    const rebuild = async () => (await platform.berth("rebuild", "-a", "shop")).stderr;
    const low = /Only \S+ of the disk under Berth's home are free, .* leave \S+ to what runs/;
    await writeFile(file, `${settings}disk_floor_mb: 1000000000\n`);
    await until(async () => low.test(await rebuild()), "builds are refused", 30_000);
    const pushed = await platform.push(await platform.tree(files), "rival", ["+main"]);
    assert.notEqual(pushed.code, 0);
    assert.match(pushed.stderr, low);
    assert.match(pushed.stderr, /disk_floor_mb in berth\.yml; running apps go on serving/);
    assert.equal(await ask("shop", "/"), "up");
    await writeFile(file, settings);
  });
}

/** A push whose build runs a command line, with one limit of its own; what git said. */
async function pushBuild({ platform }: World, script: string, limit: string): Promise<string> {
  await platform.berth("limits:unset", "memory", "disk", "--build", "-a", "builder");
  await platform.berth("limits:set", limit, "--build", "-a", "builder");
  const scripts = JSON.stringify({ scripts: { build: script } });
  const tree = await platform.tree({ ...files, "package.json": scripts });
  const pushed = await platform.push(tree, "builder");
  assert.notEqual(pushed.code, 0);
  return pushed.stderr;
}

async function events({ platform }: World): Promise<string> {
  return (await platform.berth("events", "--json")).stdout;
}
