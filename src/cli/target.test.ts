import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { appOfRemotes, detectTarget } from "./target.ts";

test("the remote called berth names the app, in both of git's spellings", () => {
  for (const url of ["ssh://berth@host:2222/shop", "ssh://a@h/shop.git", "berth@host:shop.git"]) {
    assert.equal(appOfRemotes([{ name: "berth", url }]), "shop", url);
  }
});

test("else a remote that leads to a Berth's port does, and no other", () => {
  const origin = { name: "origin", url: "git@example.com:team/site.git" };
  assert.equal(appOfRemotes([origin]), null);
  const live = { name: "live", url: "ssh://deploy@example.com:42522/blog" };
  assert.equal(appOfRemotes([origin, live]), "blog");
});

test("a directory's app comes from its git remote, then from its manifest", async () => {
  await using folder = await temporaryFolder();
  assert.equal(await detectTarget(folder.path), null);
  await writeFile(join(folder.path, "berth.yml"), "# ours\nname: blog\n");
  assert.equal(await detectTarget(folder.path), "blog");
  await exec(["git", "init", "--quiet", folder.path]);
  await exec(["git", "-C", folder.path, "remote", "add", "berth", "ssh://b@host:42522/shop"]);
  assert.equal(await detectTarget(folder.path), "shop");
});
