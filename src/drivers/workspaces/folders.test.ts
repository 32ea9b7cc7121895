import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { exec } from "#lib/exec.ts";
import { exists } from "#lib/files.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { startPrivileges } from "../../../test/privileges.ts";
import { createFolderWorkspace } from "./folders.ts";

test("an artifact grows beside the others and becomes whole in one step, which may be repeated", async () => {
  await using root = await temporaryFolder();
  const workspace = await workspaceIn(root.path);
  const partial = await workspace.preparePartial(3);
  await mkdir(partial);
  await writeFile(join(partial, "file"), "content");
  assert.equal(await exists(workspace.artifactDir(3)), false);
  await workspace.finish(3, 1);
  await workspace.finish(3, 1);
  assert.equal(await readFile(join(workspace.artifactDir(3), "file"), "utf8"), "content");
  assert.equal(await exists(partial), false);
});

test("what an earlier try left is removed before the next", async () => {
  await using root = await temporaryFolder();
  const workspace = await workspaceIn(root.path);
  await mkdir(join(await workspace.preparePartial(3), "half"), { recursive: true });
  assert.deepEqual(await workspace.ids(), [3]);
  assert.equal(await exists(await workspace.preparePartial(3)), false);
});

test("every artifact with a directory is named once, and nothing else is", async () => {
  await using root = await temporaryFolder();
  const workspace = await workspaceIn(root.path);
  assert.deepEqual(await workspace.ids(), []);
  for (const name of ["1", "2", "2.partial", "10.partial", "3.bak", "x"]) {
    await mkdir(join(root.path, "data/artifacts", name), { recursive: true });
  }
  assert.deepEqual(new Set(await workspace.ids()), new Set([1, 2, 10]));
  await workspace.remove(2);
  assert.deepEqual((await readdir(join(root.path, "data/artifacts"))).toSorted(), [
    "1",
    "10.partial",
    "3.bak",
    "x",
  ]);
});

test("an app's cache is removed, and only that", async () => {
  await using root = await temporaryFolder();
  const workspace = await workspaceIn(root.path);
  for (const app of ["1", "11"]) await mkdir(join(root.path, "data/caches", app));
  await workspace.removeCache(1);
  await workspace.removeCache(1);
  assert.deepEqual(await readdir(join(root.path, "data/caches")), ["11"]);
});

test("a tree shows its regular files, and follows no link to anything", async () => {
  await using root = await temporaryFolder();
  const dir = join(root.path, "tree");
  await mkdir(join(dir, "sub"), { recursive: true });
  await writeFile(join(root.path, "secret"), "secret");
  await writeFile(join(dir, "Procfile"), "web: x\n");
  await writeFile(join(dir, "sub/file"), "inner");
  await symlink("Procfile", join(dir, "link"));
  await symlink("../secret", join(dir, "out"));
  await symlink("..", join(dir, "up"));
  await symlink("nowhere", join(dir, "dangling"));
  const tree = (await workspaceIn(root.path)).treeOf(dir);
  assert.equal(tree.read("Procfile"), "web: x\n");
  assert.equal(tree.read("sub/file"), "inner");
  assert.equal(tree.has("sub/file"), true);
  const none = [
    "link",
    "out",
    "up/secret",
    "up",
    "dangling",
    "sub",
    "absent",
    "Procfile/x",
    "../secret",
  ];
  for (const path of none) {
    assert.equal(tree.has(path), false, path);
    assert.equal(tree.read(path), null, path);
  }
});

test("class 6, files that the platform reads: a pipe in a tree blocks nobody, and a file beyond 1 MiB is there but not read", async () => {
  await using root = await temporaryFolder();
  await exec(["mkfifo", join(root.path, "pipe")]);
  await writeFile(join(root.path, "large"), "");
  await truncate(join(root.path, "large"), 1024 * 1024 + 1);
  const tree = (await workspaceIn(root.path)).treeOf(root.path);
  assert.equal(tree.has("pipe"), false);
  assert.equal(tree.read("pipe"), null);
  assert.equal(tree.has("large"), true);
  assert.equal(tree.read("large"), null);
});

async function workspaceIn(home: string) {
  const { privileges } = await startPrivileges(home, { hasUsers: false });
  return createFolderWorkspace(join(home, "data"), privileges);
}
