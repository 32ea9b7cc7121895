import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { temporaryFolder, tools } from "../../test/machine.ts";
import { ended, start } from "./exec.ts";
import { exists } from "./files.ts";
import { removeForeignTree } from "./foreign-tree.ts";

/** Waits until something is taken out of a folder, and puts a link in its place. */
const swapping = `const fs = require("node:fs"); const [folder, link] = process.argv.slice(1);
const stamp = () => fs.statSync(folder, { bigint: true }).mtimeNs;
const before = stamp();
console.log("begun");
while (stamp() === before);
fs.renameSync(folder, folder + ".aside");
fs.symlinkSync(link, folder);`;

test("a folder that is swapped for a link while its tree is removed leads nowhere", async () => {
  await using temporary = await temporaryFolder();
  const tree = join(temporary.path, "tree");
  const [folder, outside] = [join(tree, "folder"), join(temporary.path, "outside")];
  const names = Array.from({ length: 1000 }, (_, index) => String(index)).toSorted();
  const fill = async (path: string) => {
    await mkdir(path, { recursive: true });
    await Promise.all(names.map((name) => writeFile(join(path, name), "")));
  };
  await fill(outside);
  for (let isSwapped = false, tries = 0; !isSwapped; tries += 1) {
    assert.ok(tries < 20, "somebody is quick enough");
    await fill(folder);
    const words = [tools.node, "-e", swapping, folder, outside] as const;
    const attacker = start(words, { stdio: ["ignore", "pipe", "ignore"] });
    const end = ended(attacker);
    await new Promise((begun) => attacker.stdout?.once("data", begun));
    await removeForeignTree(tree).catch(() => {});
    isSwapped = (await end).code === 0;
  }
  assert.deepEqual((await readdir(outside)).toSorted(), names);
  await removeForeignTree(tree);
  assert.equal(await exists(tree), false);
});
