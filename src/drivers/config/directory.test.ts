import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { mkdir, rename, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { createConfigWorld, problemsIn, shop, versionIn } from "../../../test/config-world.ts";
import { createConfigDirectory } from "./directory.ts";

const fixtures = new URL("../../../test/fixtures/pypaas", import.meta.url).pathname;

test("the files of pyPaaS's own guide work as they stand there", async () => {
  await using world = await createConfigWorld();
  cpSync(fixtures, world.dir, { recursive: true });
  const config = await world.open().read();
  assert.deepEqual(config.problems, []);
  assert.deepEqual(config.settings.ports, { min: 61_500, max: 61_800 });
  const app = config.apps.get("node-js-sample");
  const master = app?.branches.get("master");
  assert.equal(app?.file, "repo/node-js-sample.yml");
  assert.deepEqual(
    Object.entries(master?.processTypes ?? {}).map(([name, it]) => [name, it.kind, it.count]),
    [
      ["node", "web", 4],
      ["static", "static", 1],
      ["background_worker", "worker", 1],
    ],
  );
  assert.deepEqual(master?.env, { NODE_ENV: "production" });
  assert.deepEqual(master?.hooks.maintenance, ['echo "do backup"', 'echo "run migrations"']);
  assert.deepEqual(master?.customCommands, { npm_list: "npm list" });
  const domain = config.domains.get("node-js-sample.example.com")?.config;
  assert.deepEqual(
    domain?.locations.map(({ path, upstream }) => [path, upstream.processType]),
    [
      ["/", "node"],
      ["/public", "static"],
    ],
  );
  assert.equal(domain?.ssl, false);
});

test("a directory that is not there says nothing and has no mistakes", async () => {
  await using world = await createConfigWorld();
  const config = await world.open().read();
  assert.deepEqual(
    [config.apps.size, config.domains.size, config.keys, config.problems],
    [0, 0, [], []],
  );
});

test("a broken file keeps what it said last, across a restart, and others are not touched", async () => {
  await using world = await createConfigWorld();
  await world.write("repo/shop.yml", shop);
  await world.open().read();
  await world.write("repo/shop.yml", "branches:\n\tmain:\n");
  await world.write("repos/blog.yaml", "branches: {main: {}}\n");
  const restarted = await world.open().read();
  assert.equal(versionIn(restarted), "1");
  assert.ok(restarted.apps.has("blog"));
  assert.match(problemsIn(restarted).join(), /^repo\/shop\.yml:2 .*Tabs/);
  await world.write("repo/shop.yml", shop.replace("1", "2"));
  assert.equal(versionIn(await world.open().read()), "2");
});

test("a removed file is forgotten, so that a broken one of its name brings nothing back", async () => {
  await using world = await createConfigWorld();
  await world.write("repo/shop.yml", shop);
  const directory = world.open();
  await directory.read();
  await unlink(join(world.dir, "repo/shop.yml"));
  assert.equal((await directory.read()).apps.size, 0);
  assert.equal(world.texts.size, 0);
  await world.write("repo/shop.yml", "branches: 3\n");
  assert.equal((await directory.read()).apps.size, 0);
});

test("a file that was removed while nobody looked is forgotten, too", async () => {
  await using world = await createConfigWorld();
  await world.write("repo/shop.yml", shop);
  await world.write("repo/blog.yml", shop);
  await world.open().read();
  await unlink(join(world.dir, "repo/shop.yml"));
  await world.open().read();
  assert.equal(world.texts.has("repo/shop.yml"), false);
  assert.equal(world.texts.has("repo/blog.yml"), true);
  await world.write("repo/shop.yml", "branches: 3\n");
  assert.equal((await world.open().read()).apps.has("shop"), false);
});

test("only regular files of a fair size are read, and none of the others is waited for", async () => {
  await using world = await createConfigWorld();
  await world.write("repo/big.yml", `# ${"x".repeat(1024 * 1024)}\n`);
  await world.write("repo/latin.yml", "");
  await writeFile(join(world.dir, "repo/latin.yml"), Buffer.from([0xff, 0xfe, 0xfd]));
  await exec(["mkfifo", join(world.dir, "repo/fifo.yml")]);
  await symlink("/etc/hostname", join(world.dir, "repo/link.yml"));
  await mkdir(join(world.dir, "repo/dir.yml"));
  await world.write("repo/.hidden.yml", "nonsense");
  await world.write("repo/notes.txt", "nonsense");
  const config = await world.open().read();
  assert.deepEqual(problemsIn(config), [
    "repo/big.yml:0 is larger than 1 MiB",
    "repo/dir.yml:0 is not a regular file",
    "repo/fifo.yml:0 is not a regular file",
    "repo/latin.yml:0 is not UTF-8 text",
    "repo/link.yml:0 is a symbolic link",
  ]);
});

test("a folder that cannot be read keeps what it held", async () => {
  await using world = await createConfigWorld();
  await world.write("repo/shop.yml", shop);
  const directory = world.open();
  await directory.read();
  await rename(join(world.dir, "repo"), join(world.dir, "elsewhere"));
  await world.write("repo", "no folder");
  const config = await directory.read();
  assert.equal(versionIn(config), "1");
  assert.deepEqual(problemsIn(config), ["repo:0 the folder cannot be read (ENOTDIR)"]);
});

test("a text that cannot be kept for a restart is in force all the same, and said", async () => {
  await using world = await createConfigWorld();
  await world.write("repo/shop.yml", shop);
  const set = () => assert.fail("the disk is full");
  const directory = createConfigDirectory({ dir: world.dir, lastGood: { get: () => null, set } });
  const config = await directory.read();
  assert.equal(versionIn(config), "1");
  assert.match(problemsIn(config).join(), /could not be kept for a restart: .*disk is full/);
});

test("names that cannot be used, and two files for one thing, are problems of their files", async () => {
  await using world = await createConfigWorld();
  const domain = 'locations: {"/": {upstream: {repo: shop, branch: main, runner: web}}}\n';
  await world.write("berth.yml", "ports: {min: 70, max: 80}\n");
  await world.write("pypaas.yml", "ports: {min: 90, max: 99}\n");
  await world.write("shop.yml", shop);
  await world.write("repo/shop.yml", shop);
  await world.write("repos/shop.yml", shop.replace("1", "2"));
  await world.write("repo/My Shop.yml", shop);
  await world.write("domains/a.com.yml", domain);
  await world.write("domains/a.com.yaml", domain);
  await world.write("domains/A.com.yml", domain);
  const config = await world.open().read();
  assert.equal(config.settings.ports.min, 70);
  assert.equal(versionIn(config), "1");
  assert.deepEqual(problemsIn(config), [
    'shop.yml:0 "shop.yml" is not read here',
    "pypaas.yml:0 is not read, because berth.yml is there",
    'repo/My Shop.yml:0 "My Shop" cannot name an app',
    "repos/shop.yml:0 shop is described by repo/shop.yml already",
    'domains/A.com.yml:0 "A.com" cannot name a domain',
    "domains/a.com.yaml:0 a.com is described by domains/a.com.yml already",
  ]);
});

test("keys come from the directory and from the other folders", async () => {
  await using world = await createConfigWorld();
  const key = join(world.dir, "..", "key");
  await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
  await mkdir(join(world.dir, "authorized_keys.d"), { recursive: true });
  await mkdir(world.keyDir, { recursive: true });
  await rename(`${key}.pub`, join(world.keyDir, "ann.pub"));
  await world.write("authorized_keys.d/bob.pub", "nonsense\n");
  const { keys, problems } = await world.open().read();
  assert.deepEqual(
    keys.map(({ name, type, file }) => [name, type, file]),
    [["ann", "ssh-ed25519", join(world.keyDir, "ann.pub")]],
  );
  assert.equal(problems[0]?.line, 1);
});
