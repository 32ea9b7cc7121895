import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeTree } from "#lib/files.ts";
import { gitProblem, missingPrograms } from "./packages.ts";

test("a machine without programs misses each one, with the package that brings it", async () => {
  const empty = await mkdtemp(join(tmpdir(), "berth-packages-"));
  try {
    const missing = await missingPrograms(empty);
    const byName = new Map(missing.map((it) => [it.name, it.debianPackage]));
    assert.equal(byName.get("s6-svscan"), "s6");
    assert.equal(byName.get("bwrap"), "bubblewrap");
    assert.equal(byName.get("git"), "git");
  } finally {
    await removeTree(empty);
  }
});

test("git must be 2.30 or newer", () => {
  assert.equal(gitProblem("git version 2.39.5\n"), null);
  assert.equal(gitProblem("git version 2.30.0"), null);
  assert.equal(gitProblem("git version 3.0.0"), null);
  assert.match(gitProblem("git version 2.29.3") ?? "", /is 2\.29; .*needs 2\.30/);
  assert.match(gitProblem("nothing of the sort") ?? "", /version/);
});
