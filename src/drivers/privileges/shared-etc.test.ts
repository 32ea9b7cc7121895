import assert from "node:assert/strict";
import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/machine.ts";
import { SharedEtc } from "./shared-etc.ts";

test("sandboxes see the machine's files as they are, and none that is not meant for them", async () => {
  await using world = await startWorld();
  const { machine, shared, etc } = world;
  await writeFile(join(machine, "hosts"), "127.0.0.1 localhost\n", { mode: 0o755 });
  await writeFile(join(machine, "shadow"), "root:secret\n");
  await writeFile(join(world.path, "stub"), "nameserver 127.0.0.53\n");
  await symlink("../stub", join(machine, "resolv.conf"));
  await symlink("/usr/share/zoneinfo/Etc/UTC", join(machine, "localtime"));
  await mkdir(join(machine, "services"));
  assert.deepEqual(etc.shown().slice(0, 3), ["--ro-bind", shared, "/etc"]);
  const read = (name: string) => readFile(join(shared, name), "utf8");
  assert.equal(await read("hosts"), "127.0.0.1 localhost\n");
  assert.equal((await stat(join(shared, "hosts"))).mode & 0o777, 0o644);
  assert.equal(await read("resolv.conf"), "nameserver 127.0.0.53\n", "what a link leads to");
  assert.equal(await readlink(join(shared, "localtime")), "/usr/share/zoneinfo/Etc/UTC");
  assert.equal(await readlink(join(shared, "passwd")), "/run/passwd");
  const names = [
    "alternatives",
    "fonts",
    "group",
    "hosts",
    "localtime",
    "passwd",
    "resolv.conf",
    "ssl",
  ];
  assert.deepEqual((await readdir(shared)).toSorted(), names);
});

test("what changes, comes or goes is the same for those that run, once anybody is started", async () => {
  await using world = await startWorld();
  const { machine, shared, etc } = world;
  await writeFile(join(world.path, "stub"), "old\n");
  await symlink("../stub", join(machine, "resolv.conf"));
  await writeFile(join(machine, "timezone"), "Etc/UTC\n");
  etc.shown();
  const { ino } = await stat(join(shared, "timezone"));
  await writeFile(join(world.path, "stub"), "changed\n");
  await writeFile(join(machine, "hosts"), "::1 localhost\n");
  etc.shown();
  assert.equal(await readFile(join(shared, "resolv.conf"), "utf8"), "changed\n");
  assert.equal(await readFile(join(shared, "hosts"), "utf8"), "::1 localhost\n");
  assert.equal((await stat(join(shared, "timezone"))).ino, ino, "what is the same is left alone");
  await rm(join(machine, "hosts"));
  // The next berthd finds what one left that was killed in the middle.
  await writeFile(join(shared, "hosts.partial"), "half");
  await writeFile(join(shared, "resolv.conf.partial"), "half");
  new SharedEtc(shared, machine).shown();
  const names = ["alternatives", "fonts", "group", "passwd", "resolv.conf", "ssl", "timezone"];
  assert.deepEqual((await readdir(shared)).toSorted(), names);
});

async function startWorld() {
  const folder = await temporaryFolder();
  const [machine, shared] = [join(folder.path, "machine"), join(folder.path, "shared")];
  await mkdir(machine);
  return {
    path: folder.path,
    machine,
    shared,
    etc: new SharedEtc(shared, machine),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
