import assert from "node:assert/strict";
import { once } from "node:events";
import { chown, link, lstat, mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ended, exec, start } from "#lib/exec.ts";
import { ensureDirectory } from "#lib/files.ts";
import { tools } from "../machine.ts";
import { runProgram } from "../programs.ts";
import { account, type World } from "./world.ts";

export function treeTests(world: World): void {
  const { ask, runInTree, tree } = world;
  test("a tree that is a link, or somebody else's, is not touched", async () => {
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

  test("links out of a tree, hard links, pipes and setuid bits take nobody anywhere", async () => {
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
    // Deeper than any path may be long.
    const deep = `perl -e 'for (1..30) { my $d = "d" x 200; mkdir($d); chdir($d) or die }'`;
    await runInTree(31, `${lines}; ${deep}`);
    assert.equal(
      (await ask({ verb: "sealArtifact", args: { artifactId: 31, user: 1 } })).value,
      null,
    );
    for (const name of ["sh", "sub", "open"]) {
      const stats = await stat(join(world.growing(31), name));
      assert.deepEqual([stats.uid, stats.mode & 0o7222], [world.usersFrom, 0], name);
    }
    await ask({ verb: "removeArtifact", args: { artifactId: 31 } });
    await assert.rejects(lstat(world.growing(31)), { code: "ENOENT" });
    await own(32);
    await ask({ verb: "handOverArtifact", args: { artifactId: 32, user: 1 } });
    await runInTree(32, "mkfifo pipe");
    const refused = await ask({ verb: "sealArtifact", args: { artifactId: 32, user: 1 } });
    assert.equal(refused.failure?.code, "tree_refused");
  });

  test("names that are swapped while a tree is handed over and sealed lead nowhere", async () => {
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
    let hasBegun = false;
    const quiet = (act) => { try { act(); } catch {} };
    for (;;) {
      quiet(() => fs.renameSync(top, aside)); quiet(() => fs.symlinkSync(out, top));
      quiet(() => fs.unlinkSync(top)); quiet(() => fs.renameSync(aside, top));
      quiet(() => fs.renameSync(sub, held)); quiet(() => fs.symlinkSync(out, sub));
      quiet(() => fs.unlinkSync(sub)); quiet(() => fs.renameSync(held, sub));
      if (!hasBegun) console.log("begun");
      hasBegun = true;
    }`;
    for (let round = 40; round < 52; round += 1) {
      await tree(round);
      await exec(["chown", "-R", `${account.uid}:${account.gid}`, world.growing(round)]);
      const words = [tools.node, "-e", swapping, world.growing(round), outside] as const;
      const attacker = start(words, { stdio: ["ignore", "pipe", "ignore"], ...account });
      await once(attacker.stdout!, "data");
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
  });

  test("nobody puts anything into a sealed tree, and only its app has it in the end", async () => {
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
  });

  test("a release of an older Berth, all or its top the account's, is taken", async () => {
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
}
