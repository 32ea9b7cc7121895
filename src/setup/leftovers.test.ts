import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
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

test("an empty home has nothing to remove", async () => {
  await using folder = await temporaryFolder();
  await removeLeftovers(homeLayout(folder.path));
  assert.deepEqual(await readdir(folder.path), []);
});

async function make(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
}
