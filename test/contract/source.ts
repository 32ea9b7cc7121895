import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Source } from "#domain/source.ts";

export type SourceWorld = AsyncDisposable & {
  readonly source: Source;
  /** A folder of the test's own. */
  readonly folder: string;
  /** Puts a commit into app 1's repository without moving any branch; answers its hash. */
  readonly commit: (
    files: Readonly<Record<string, string>>,
    parent: string | null,
  ) => Promise<string>;
};

/** What every source promises. */
export function sourceContract(name: string, create: () => Promise<SourceWorld>): void {
  const check = (sentence: string, body: (world: SourceWorld) => Promise<void>) => {
    test(`${name}: ${sentence}`, async () => {
      await using world = await create();
      await world.source.ensureRepository(1);
      await body(world);
    });
  };

  check("a repository is made once, and removed for good", async ({ source, commit }) => {
    const again = await Promise.all([source.ensureRepository(1), source.ensureRepository(1)]);
    assert.equal(again[0], again[1]);
    await source.moveBranch(1, "main", null, await commit({ a: "1" }, null));
    await source.removeRepository(1);
    await source.removeRepository(1);
    assert.equal(await source.tipOf(1, "main"), null);
    await source.ensureRepository(1);
    assert.equal(await source.tipOf(1, "main"), null);
  });

  check("the tree of a commit is written, whatever the branches say", async (world) => {
    const { source, folder } = world;
    const older = await world.commit({ "a.txt": "one\n", "deep/er/b.txt": "two" }, null);
    await source.moveBranch(1, "main", null, await world.commit({ "a.txt": "new" }, older));
    const dir = join(folder, "out");
    await source.exportTree(1, older, dir);
    assert.deepEqual((await readdir(dir)).toSorted(), ["a.txt", "deep"]);
    assert.equal(await readFile(join(dir, "a.txt"), "utf8"), "one\n");
    assert.equal(await readFile(join(dir, "deep/er/b.txt"), "utf8"), "two");
  });

  check("a branch moves only from where it is thought to be", async ({ source, commit }) => {
    const one = await commit({ a: "1" }, null);
    const two = await commit({ a: "2" }, one);
    assert.equal(await source.tipOf(1, "main"), null);
    assert.equal(await source.moveBranch(1, "main", one, two), false);
    assert.equal(await source.moveBranch(1, "main", null, one), true);
    assert.equal(await source.moveBranch(1, "main", null, two), false);
    assert.equal(await source.moveBranch(1, "main", one, two), true);
    assert.equal(await source.tipOf(1, "main"), two);
    assert.equal(await source.tipOf(1, "other"), null);
  });

  check("a commit knows what it contains", async ({ source, commit }) => {
    const root = await commit({ a: "1" }, null);
    const [left, right] = [await commit({ a: "2" }, root), await commit({ a: "3" }, root)];
    assert.equal(await source.isAncestor(1, root, left), true);
    assert.equal(await source.isAncestor(1, left, left), true);
    assert.equal(await source.isAncestor(1, left, right), false);
    assert.equal(await source.isAncestor(1, left, root), false);
  });

  check("pins are set and taken away, as often as one likes", async ({ source, commit }) => {
    const one = await commit({ a: "1" }, null);
    for (const pin of ["artifacts/1", "artifacts/2"]) await source.pin(1, pin, one);
    await source.pin(1, "artifacts/1", await commit({ a: "2" }, one));
    await source.unpin(1, "artifacts/1");
    await source.unpin(1, "artifacts/1");
    assert.equal(await source.tipOf(1, "main"), null, "a pin is no branch");
  });

  check("what lies between two commits is told from the first one's side", async (world) => {
    const { source, commit } = world;
    const one = await commit({ "a.txt": "one\ntwo\n", "gone.txt": "x\n" }, null);
    const two = await commit({ "a.txt": "one\nthree\n", "deep/b.txt": "y\nz\n" }, one);
    const changes = await source.compare(1, one, two);
    assert.deepEqual(changes?.files, [
      { path: "a.txt", added: 1, removed: 1 },
      { path: "deep/b.txt", added: 2, removed: 0 },
      { path: "gone.txt", added: 0, removed: 1 },
    ]);
    assert.deepEqual(
      changes.arriving.map(({ id }) => id),
      [two],
    );
    assert.deepEqual(changes.leaving, []);
    assert.equal(changes.isCut, false);
    const back = await source.compare(1, two, one);
    assert.deepEqual(
      back?.leaving.map(({ id }) => id),
      [two],
    );
    assert.deepEqual((await source.compare(1, one, one))?.files, []);
    assert.equal(await source.compare(1, one, "0".repeat(40)), null);
  });

  check("a commit that is not there is no tree", async ({ source, folder }) => {
    await assert.rejects(source.exportTree(1, "0".repeat(40), join(folder, "none")));
    await assert.rejects(source.exportTree(1, "--all", join(folder, "none")), {
      code: "invalid_input",
    });
  });
}
