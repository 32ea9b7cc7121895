import assert from "node:assert/strict";
import { statSync, watch } from "node:fs";
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { temporaryFolder } from "../../test/machine.ts";
import {
  chownTree,
  ensureDirectory,
  exists,
  namesIn,
  nullIfMissing,
  readIfThere,
  removeTree,
  writeAtomic,
} from "./files.ts";

test("a file is replaced whole, with its mode, and nothing is left beside it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "file");
  await writeFile(path, "old");
  await Promise.all(["a", "b", "c"].map((text) => writeAtomic(path, text.repeat(1e5), 0o600)));
  assert.match(await readFile(path, "utf8"), /^(?:a{100000}|b{100000}|c{100000})$/);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder.path), ["file"]);
});

test("a link in the place of a file is replaced, not written through", async () => {
  await using folder = await temporaryFolder();
  const secret = join(folder.path, "secret");
  await writeFile(secret, "secret");
  await symlink(secret, join(folder.path, "file"));
  await writeAtomic(join(folder.path, "file"), "mine");
  assert.equal(await readFile(secret, "utf8"), "secret");
  assert.equal((await lstat(join(folder.path, "file"))).isFile(), true);
});

test("removing a tree leaves alone what its links lead to, and may be repeated", async () => {
  await using folder = await temporaryFolder();
  const kept = join(folder.path, "kept");
  const tree = join(folder.path, "tree");
  await mkdir(kept);
  await writeFile(join(kept, "file"), "x");
  await mkdir(join(tree, "a/b"), { recursive: true });
  await symlink(kept, join(tree, "a/link"));
  await removeTree(tree);
  await removeTree(tree);
  await symlink(kept, tree);
  await removeTree(tree);
  assert.deepEqual(await readdir(folder.path), ["kept"]);
  assert.deepEqual(await readdir(kept), ["file"]);
});

test("what is not there reads as nothing, what cannot be read throws", async () => {
  await using folder = await temporaryFolder();
  const absent = join(folder.path, "absent");
  await writeFile(join(folder.path, "file"), "x");
  assert.equal(await readIfThere(absent), null);
  assert.equal(await readIfThere(join(folder.path, "file/below")), null);
  assert.deepEqual(await namesIn(absent), []);
  assert.equal(await exists(absent), false);
  assert.equal(await exists(folder.path), true);
  await assert.rejects(readIfThere(folder.path), { code: "EISDIR" });
  assert.throws(() => nullIfMissing(Object.assign(new Error("no"), { code: "EACCES" })), /no/);
});

test("names are sorted, and a directory may be made twice", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["b", "a", "b"]) await ensureDirectory(join(folder.path, name));
  assert.deepEqual(await namesIn(folder.path), ["a", "b"]);
});

test("a tree is handed over with its links, never with what they lead to", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root can give files away");
  await using folder = await temporaryFolder();
  const tree = join(folder.path, "tree");
  await mkdir(join(tree, "sub"), { recursive: true });
  await writeFile(join(folder.path, "secret"), "x");
  await symlink("../../secret", join(tree, "sub/link"));
  await chownTree(tree, 12_345, 12_346);
  for (const path of ["", "sub", "sub/link"]) {
    const { uid, gid } = await lstat(join(tree, path));
    assert.deepEqual([uid, gid], [12_345, 12_346], path);
  }
  assert.equal((await stat(join(folder.path, "secret"))).uid, 0);
});

test("class 21, secret files: a file is never open to others, not even while it is written", async () => {
  await using folder = await temporaryFolder();
  const before = process.umask(0);
  try {
    const modes = new Set<number>();
    const watching = watch(folder.path, (_, name) => {
      const stats = name === null ? undefined : statSync(join(folder.path, name), quiet);
      if (stats) modes.add(stats.mode & 0o777);
    });
    for (let times = 0; times < 20; times += 1) {
      await writeAtomic(join(folder.path, "key"), "x".repeat(100_000), 0o600);
    }
    watching.close();
    modes.add((await stat(join(folder.path, "key"))).mode & 0o777);
    assert.deepEqual([...modes], [0o600]);
  } finally {
    process.umask(before);
  }
});

const quiet = { throwIfNoEntry: false } as const;
