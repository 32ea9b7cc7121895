import assert from "node:assert/strict";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { removeTree } from "#lib/files.ts";
import { commit, until } from "../platform.ts";
import { query, untilTidy } from "../processes.ts";
import type { World } from "./world.ts";

/** Prints so much that no buffer holds it for long. */
const chatty = `require("node:http").createServer((q, s) => {
  console.log("x".repeat(99) + "\\n" + "x".repeat(100000));
  s.end("chatty");
}).listen(process.env.PORT);`;

/** Takes the platform down, and leaves it so. */
export function fullDiskTests(world: World): void {
  const { platform, deploy, serves, assertDown } = world;
  test("a full disk refuses deploys with a sentence; apps serve on, and nothing is broken after", async (t) => {
    await assertDown();
    const disk = await mountSmallDisk(platform.home);
    if (!disk) return t.skip("this machine does not let a test mount a file system");
    try {
      await platform.up();
      const tree = await deploy("chatty", {
        "server.js": chatty,
        Procfile: "web: node server.js\n",
      });
      await fillDisk(platform.home);
      await commit(tree, { "server.js": chatty.replace("chatty", "chattier") });
      const refused = await platform.push(tree, "chatty");
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /The disk under \S+ is full/);
      const set = await platform.berth("config:set", "COLOUR=red", "-a", "chatty");
      assert.notEqual(set.code, 0);
      for (let count = 0; count < 150; count += 1) {
        assert.equal((await platform.visit("chatty.localhost")).body, "chatty", `answer ${count}`);
      }
      assert.ok(await serves("solid"));
      await removeTree(join(platform.home, "fill"));
      await until(
        async () => (await platform.push(tree, "chatty")).code === 0,
        "the push works once there is space",
        15_000,
      );
      assert.equal((await platform.visit("chatty.localhost")).body, "chattier");
      const [check] = query<{ integrity_check: string }>(platform.home, "PRAGMA integrity_check");
      assert.equal(check?.integrity_check, "ok");
      await untilTidy(platform.home);
    } finally {
      await removeTree(join(platform.home, "fill"));
      await assertDown();
      await disk[Symbol.asyncDispose]();
    }
  });
}

/** Puts the home on a file system of its own, which hides the one on the disk. */
async function mountSmallDisk(home: string): Promise<AsyncDisposable | null> {
  const { uid, gid } = await stat(home);
  const copy = `${home}.before`;
  await exec(["cp", "-a", "--", home, copy]);
  const options = `size=60m,mode=0700,uid=${uid},gid=${gid}`;
  const isMounted = await exec(["mount", "-t", "tmpfs", "-o", options, "none", home]).then(
    () => true,
    () => false,
  );
  if (!isMounted) return null;
  await exec(["cp", "-a", "--", `${copy}/.`, home]);
  return { [Symbol.asyncDispose]: async () => void (await exec(["umount", home])) };
}

async function fillDisk(home: string): Promise<void> {
  const file = await open(join(home, "fill"), "w");
  try {
    // To the last byte.
    for (const size of [1024 * 1024, 4096, 1]) {
      const piece = Buffer.alloc(size);
      while (await file.write(piece).then(({ bytesWritten }) => bytesWritten === size, isFull));
    }
  } finally {
    await file.close();
  }
}

function isFull(error: NodeJS.ErrnoException): false {
  if (error.code !== "ENOSPC") throw error;
  return false;
}
