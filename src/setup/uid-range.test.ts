import assert from "node:assert/strict";
import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { ended, start } from "#lib/exec.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { isRoot } from "../../test/privileges.ts";
import { claimUsers, releaseUsers } from "./uid-range.ts";

test("each home has a block of its own, keeps it, and gives it back", async () => {
  await using folder = await temporaryFolder();
  const registry = join(folder.path, "registry");
  const homes = ["a", "b", "c"].map((name) => join(folder.path, name));
  for (const home of homes) await mkdir(home);
  const claimed = await Promise.all(homes.map((home) => claimUsers(home, registry)));
  assert.equal(new Set(claimed).size, 3);
  for (const first of claimed) assert.equal(first % 10_000, 0);
  const [a = ""] = homes;
  assert.equal(await claimUsers(a, registry), claimed[0]);
  await releaseUsers(a, registry);
  await releaseUsers(a, registry);
  await assert.rejects(readlink(join(registry, String((claimed[0]! - 1_900_000_000) / 10_000))));
});

test("a block is taken over only from a home that is gone", async () => {
  await using folder = await temporaryFolder();
  const registry = join(folder.path, "registry");
  const [old, next] = [join(folder.path, "old"), join(folder.path, "next")];
  await takeUpTo(200, registry);
  await mkdir(old);
  const first = await claimUsers(old, registry);
  assert.notEqual(await claimUsers(next, registry), first);
  await releaseUsers(next, registry);
  await rm(old, { recursive: true });
  assert.equal(await claimUsers(next, registry), first);
});

test("what still runs keeps its block, whoever it belonged to", { skip: !isRoot }, async () => {
  await using folder = await temporaryFolder();
  const registry = join(folder.path, "registry");
  await takeUpTo(300, registry);
  const uid = 1_903_000_000 + 7;
  const left = start(["sleep", "60"], { stdio: "ignore", uid, gid: uid });
  const end = ended(left);
  try {
    assert.equal(await claimUsers(folder.path, registry), 1_903_010_000);
  } finally {
    left.kill("SIGKILL");
    await end;
  }
});

/** High up no other test has users, whose processes would keep their block. */
async function takeUpTo(end: number, registry: string): Promise<void> {
  await mkdir(registry);
  for (let block = 0; block < end; block += 1) await symlink("/", join(registry, String(block)));
}
