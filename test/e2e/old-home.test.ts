import assert from "node:assert/strict";
import { appendFile, lstat, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { exec } from "#lib/exec.ts";
import { exists } from "#lib/files.ts";
import { startPlatform, until, webApp } from "../platform.ts";
import { isRoot } from "../privileges.ts";

const forRoot = { skip: isRoot ? false : "only root takes a home over" };

test(
  "a home that belonged to the account as a whole is taken over, and nothing that it planted is run",
  forRoot,
  async () => {
    await using platform = await startPlatform();
    const { home, folder } = platform;
    const berth = async (...words: string[]) => {
      const ran = await platform.berth(...words);
      assert.equal(ran.code, 0, ran.stderr);
      return ran.stdout;
    };
    await berth("apps:create", "old");
    const site = { "public/index.html": "a page" };
    const tree = await platform.tree({ ...webApp("old code"), ...site });
    assert.equal((await platform.push(tree, "old")).code, 0);
    await berth("down");

    // As the first version left it: one owner, and inside of it whatever that owner liked.
    const marker = join(folder, "marker");
    const precious = join(folder, "precious");
    await writeFile(precious, "precious", { mode: 0o600 });
    await mkdir(join(home, "run/services/i99"), { recursive: true });
    const evil = `#!/usr/bin/execlineb -P\ns6-touch ${marker}\n`;
    await writeFile(join(home, "run/services/i99/run"), evil, { mode: 0o755 });
    await symlink(join(home, "run/services/i99"), join(home, "run/scan/i99"));
    await rm(join(home, "logs/s6-svscan.log"));
    await symlink(precious, join(home, "logs/s6-svscan.log"));
    await symlink(precious, join(home, "config/link.yml"));
    await exec(["rm", "-rf", join(home, "run/nginx"), join(home, "data/compiled")]);
    await exec(["chown", "--recursive", "--no-dereference", "berth:berth", home]);
    await exec(["chmod", "-R", "u+rwX,go-rwx", join(home, "data/artifacts")]);
    await exec(["chmod", "700", home]);

    await platform.up();
    assert.equal(await exists(marker), false);
    assert.equal(await readFile(precious, "utf8"), "precious");
    assert.deepEqual([(await stat(precious)).uid, (await stat(precious)).mode & 0o777], [0, 0o600]);
    const isLive = async () => (await platform.visit("old.localhost")).body === "old code";
    await until(isLive, (await platform.berth("events")).stdout);
    for (const path of ["", "data", "run", "run/scan", "run/services", "logs", "data/artifacts"]) {
      const { uid, mode } = await lstat(join(home, path));
      assert.equal(uid, 0, path);
      assert.ok((mode & 0o002) === 0 || (mode & 0o1000) !== 0, `${path} is open to all`);
    }
    assert.match(await berth("status"), /^Isolation +yes +Every app has a Linux user of its own/m);
    assert.match(await berth("run", "-a", "old", "--", "id", "-u"), /^19\d{8}\n$/);
    assert.equal(
      (await platform.push(await platform.tree(webApp("new code")), "old", ["+main"])).code,
      0,
    );
    assert.equal((await platform.visit("old.localhost")).body, "new code");
    await berth("apps:destroy", "old", "--confirm", "old");
  },
);

test(
  "two homes never share a user; one that is backed up while it runs is restored beside the other",
  forRoot,
  async () => {
    await using first = await startPlatform();
    await using second = await startPlatform();
    const uids: number[] = [];
    for (const platform of [first, second]) {
      await platform.berth("apps:create", "one");
      assert.equal((await platform.push(await platform.tree(webApp("x")), "one")).code, 0);
      const ran = await platform.berth("run", "-a", "one", "--", "id", "-u");
      uids.push(Number(ran.stdout));
    }
    const [a = 0, b = 0] = uids;
    assert.notEqual(Math.floor(a / 10_000), Math.floor(b / 10_000), String(uids));

    const key = await readFile(join(first.home, "data/secret.key"), "utf8");
    const set = await first.berth("config:set", "--secret", "KEY=s3cret-value", "-a", "one");
    assert.equal(set.code, 0, set.stderr);
    const file = join(first.folder, "berth.tar");
    const backup = await first.berth("backup", file);
    assert.equal(backup.code, 0, backup.stderr);
    assert.match(backup.stderr, new RegExp(`without a copy of ${first.home}/data/secret\\.key`));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.doesNotMatch(await exec(["tar", "-tf", file]), /secret\.key|\.copy|berth\.db-/);
    assert.equal((await first.berth("restore", file)).code, 4, "not over a home that is there");
    assert.equal((await second.berth("down")).code, 0);

    // In the second's place, with its ports and other users, and without the first.
    const data = join(second.home, "data");
    await exec(["rm", "-rf", data, join(second.home, "run")]);
    const restored = await second.berth("restore", file);
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stderr, new RegExp(`Put the key of its secrets to ${data}/secret\\.key`));
    await writeFile(join(data, "secret.key"), key, { mode: 0o600 });
    await exec(["chown", "berth:berth", join(data, "secret.key")]);
    await second.up();
    const isLive = async () => (await second.visit("one.localhost")).body === "x";
    await until(isLive, (await second.berth("events")).stdout);
    const shown = await second.berth("run", "-a", "one", "--", "sh -c 'id -u; echo $KEY'");
    assert.equal(shown.stdout, `${b}\ns3cret-value\n`);
    assert.equal((await second.berth("rebuild", "one", "main")).code, 0, "its code is there, too");
  },
);

test(
  "a home that nobody can pass into is refused with the fix, and so is a file in its place",
  forRoot,
  async () => {
    await using platform = await startPlatform();
    assert.equal((await platform.berth("down")).code, 0);
    const file = join(platform.home, "config/berth.yml");
    const odd = await platform.berth("up", "--detach", "--home", file);
    assert.match(
      odd.stderr,
      /^berth: Berth cannot have its home in \S+berth\.yml: it is no folder\./m,
    );
    const yaml = join(platform.folder, "empty/config/berth.yml");
    await mkdir(join(platform.folder, "empty/config"), { recursive: true });
    await writeFile(yaml, "listn: {}\n");
    const unknown = await platform.berth(
      "up",
      "--detach",
      "--home",
      join(platform.folder, "empty"),
    );
    assert.match(
      unknown.stderr,
      /berth\.yml:1: listn is not a key that Berth knows; is it listen\?; write/,
    );
    await appendFile(file, "colour: red\n");
    const warned = await platform.berth("up", "--detach");
    assert.match(warned.stderr, /^Problem +berth\.yml:\d+: colour: is not a key/m);
    assert.equal((await platform.overSsh("version")).code, 0, "the doors stay where they were");
    assert.equal((await platform.berth("down")).code, 0);
    await exec(["chmod", "700", platform.folder]);
    const refused = await platform.berth("up", "--detach");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, new RegExp(`chmod o\\+x ${platform.folder}`));
  },
);
