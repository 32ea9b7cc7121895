import assert from "node:assert/strict";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { exists, removeTree } from "#lib/files.ts";
import { ensureReadableCode } from "./code.ts";
import { removeOldCopies } from "./old-copies.ts";
import { runtimePackages } from "./runtime-files.ts";

const nobody = { uid: 65534, gid: 65534 };
const forRoot = { skip: process.getuid?.() === 0 ? false : "only root can act as another user" };

test("a checkout that the user can read is used where it is", forRoot, async () => {
  await using world = await createWorld();
  const { checkout, copies } = world;
  assert.equal(await ensureReadableCode({ checkout, copies, ...nobody }), checkout);
  assert.equal(await exists(copies), false);
});

test("a checkout behind a closed directory is copied, once per content", forRoot, async () => {
  await using world = await createWorld();
  const { checkout, copies } = world;
  await chmod(dirname(checkout), 0o700);
  const copy = await ensureReadableCode({ checkout, copies, ...nobody });
  assert.match(copy, /\/1\.2\.3-[0-9a-f]{12}$/);
  const read = await exec(["cat", join(copy, "src/main.ts")], { cwd: "/", ...nobody });
  assert.equal(read, "export {};\n");
  assert.equal(await ensureReadableCode({ checkout, copies, ...nobody }), copy);

  await writeFile(join(checkout, "src/main.ts"), "export const changed = 1;\n");
  assert.notEqual(await ensureReadableCode({ checkout, copies, ...nobody }), copy);
});

test("a single closed file deep inside is enough for a copy, which opens it", forRoot, async () => {
  await using world = await createWorld();
  const { checkout, copies } = world;
  await chmod(join(checkout, "node_modules/used/lib/index.js"), 0o600);
  const copy = await ensureReadableCode({ checkout, copies, ...nobody });
  assert.equal((await stat(join(copy, "node_modules/used/lib/index.js"))).mode & 0o777, 0o644);
  assert.equal((await stat(join(copy, "bin/berth"))).mode & 0o777, 0o755);
});

test("what the account may read, and users of apps may not, is copied, too", forRoot, async () => {
  await using world = await createWorld();
  const { checkout, copies } = world;
  const app = { uid: 1_900_000_000, gid: 1_900_000_000 };
  const found = () => ensureReadableCode({ checkout, copies, ...nobody, app });
  assert.equal(await found(), checkout);
  const file = join(checkout, "node_modules/used/lib/index.js");
  const closed = [
    [file, 0o640, 0o644],
    [file, 0o646, 0o644],
    [dirname(file), 0o754, 0o755],
    [dirname(checkout), 0o710, 0o755],
  ] as const;
  for (const [path, mode, open] of closed) {
    await chown(path, mode === 0o646 ? nobody.uid : 0, nobody.gid);
    await chmod(path, mode);
    assert.notEqual(await found(), checkout, `${path} ${mode.toString(8)}`);
    if (mode !== 0o646)
      assert.equal(await ensureReadableCode({ checkout, copies, ...nobody }), checkout);
    await chown(path, 0, 0);
    await chmod(path, open);
  }
  assert.equal(await found(), checkout);
});

test(
  "a copy holds what runs: no tests, no types, no packages for development",
  forRoot,
  async () => {
    await using world = await createWorld();
    const { checkout, copies } = world;
    await chmod(dirname(checkout), 0o700);
    const copy = await ensureReadableCode({ checkout, copies, ...nobody });
    assert.deepEqual((await readdir(copy, { recursive: true })).toSorted(), [
      "bin",
      "bin/berth",
      "node_modules",
      "node_modules/.bin",
      "node_modules/.bin/used",
      "node_modules/@some",
      "node_modules/@some/one",
      "node_modules/@some/one/index.js",
      "node_modules/used",
      "node_modules/used/lib",
      "node_modules/used/lib/index.js",
      "package-lock.json",
      "package.json",
      "src",
      "src/main.ts",
    ]);
  },
);

test("two starts at once make one copy", forRoot, async () => {
  await using world = await createWorld();
  const { checkout, copies } = world;
  await chmod(dirname(checkout), 0o700);
  const wanted = { checkout, copies, ...nobody };
  const [first, second] = await Promise.all([
    ensureReadableCode(wanted),
    ensureReadableCode(wanted),
  ]);
  assert.equal(first, second);
  assert.equal((await readdir(copies)).length, 1);
});

test("old copies go, but the newest two, the chosen one and those in use stay", async () => {
  await using world = await createWorld();
  const { copies } = world;
  const ages = { newest: 1, newer: 2, old: 3, used: 4, chosen: 5, "x.partial": 6 };
  for (const [name, hours] of Object.entries(ages)) {
    await mkdir(join(copies, name, "node_modules/node/bin"), { recursive: true });
    const changedAt = new Date(performance.timeOrigin - hours * 3_600_000);
    await utimes(join(copies, name), changedAt, changedAt);
  }
  // This very process is the one that runs from a copy.
  await symlink(process.execPath, join(copies, "used/node_modules/node/bin/node"));
  await removeOldCopies(copies, join(copies, "chosen"));
  assert.deepEqual((await readdir(copies)).toSorted(), ["chosen", "newer", "newest", "used"]);
});

test("packages for development and nested ones are not listed on their own", () => {
  const packages = { "": {}, "node_modules/a": {}, "node_modules/a/node_modules/b": {} };
  const lock = {
    packages: { ...packages, "node_modules/@s/c": {}, "node_modules/d": { dev: true } },
  };
  assert.deepEqual(runtimePackages(JSON.stringify(lock)), ["node_modules/a", "node_modules/@s/c"]);
});

/** A small checkout in a directory that everybody may pass, and room for copies beside it. */
async function createWorld() {
  const root = await mkdtemp(join(tmpdir(), "berth-code-"));
  await chmod(root, 0o755);
  const checkout = join(root, "home/checkout");
  const packages = {
    "node_modules/used": {},
    "node_modules/@some/one": {},
    "node_modules/tool": { dev: true },
    "node_modules/absent": { optional: true },
  };
  const files = {
    "package.json": JSON.stringify({ version: "1.2.3" }),
    "package-lock.json": JSON.stringify({ packages }),
    "README.md": "",
    "bin/berth": "#!/usr/bin/env node\n",
    "src/main.ts": "export {};\n",
    "src/main.test.ts": "",
    "node_modules/used/lib/index.js": "",
    "node_modules/used/lib/index.d.ts": "",
    "node_modules/used/lib/index.js.map": "",
    "node_modules/@some/one/index.js": "",
    "node_modules/tool/index.js": "",
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(checkout, path, ".."), { recursive: true });
    await writeFile(join(checkout, path), text);
  }
  await chmod(join(checkout, "bin/berth"), 0o755);
  await mkdir(join(checkout, "node_modules/.bin"));
  await symlink("../used/lib/index.js", join(checkout, "node_modules/.bin/used"));
  await symlink("../tool/index.js", join(checkout, "node_modules/.bin/tool"));
  return {
    checkout,
    copies: join(root, "copies"),
    [Symbol.asyncDispose]: () => removeTree(root),
  };
}
