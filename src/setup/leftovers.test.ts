import assert from "node:assert/strict";
import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { temporaryFolder } from "../../test/machine.ts";
import { homeLayout } from "./layout.ts";
import { removeLeftovers } from "./leftovers.ts";

test("only what a killed berthd left is removed", async () => {
  await using folder = await temporaryFolder();
  const id = "6a0f5bd2-3c7b-4a40-9d6c-2d4f1c8f3a11";
  const repos = join(folder.path, "data/repos");
  for (const path of [`${repos}/${id}.partial/objects`, `${repos}/1.git`]) await make(path);
  await writeFile(join(repos, `${id}.index`), "");
  await removeLeftovers(homeLayout(folder.path));
  assert.deepEqual(await readdir(repos), ["1.git"]);
});

test("what a push had received when it was killed goes once nothing has come for a day", async () => {
  await using folder = await temporaryFolder();
  const objects = join(folder.path, "data/repos/1.git/objects");
  const names = ["tmp_objdir-incoming-old", "tmp_objdir-incoming-now", "ab", "pack"];
  const before = new Date(performance.timeOrigin - 25 * 3600 * 1000);
  for (const name of names) {
    const pack = join(objects, name, "pack");
    await make(pack);
    await writeFile(join(pack, "tmp_pack_x"), "");
    const isGrowing = name.endsWith("now");
    const paths = [objects, join(objects, name), pack];
    for (const path of isGrowing ? paths : [...paths, join(pack, "tmp_pack_x")])
      await utimes(path, before, before);
  }
  await removeLeftovers(homeLayout(folder.path));
  assert.deepEqual(await readdir(objects), names.slice(1).toSorted());
});

test("an empty home has nothing to remove", async () => {
  await using folder = await temporaryFolder();
  await removeLeftovers(homeLayout(folder.path));
  assert.deepEqual(await readdir(folder.path), []);
});

async function make(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
}
