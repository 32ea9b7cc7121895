import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ownRealm } from "#domain/realm.ts";
import { exec } from "#lib/exec.ts";
import { exists } from "#lib/files.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { supervisionLayout } from "./layout.ts";
import { removeAll } from "./trees.ts";

test("class 22, exhaustion: a tree deeper than any path is removed, for an ordinary user too", async () => {
  await using folder = await temporaryFolder();
  const own = { ...ownRealm({ uid: 1, gid: 1 }, false), hasUsers: false };
  const realm = { ...own, layout: supervisionLayout(folder.path) };
  const tree = join(folder.path, "tree");
  const digging = 'for (0..30) { mkdir($ARGV[0]); chdir($ARGV[0]) or die; $ARGV[0] = "d" x 200 }';
  await exec(["perl", "-e", digging, tree]);
  await removeAll(realm, tree);
  assert.equal(await exists(tree), false);
});
