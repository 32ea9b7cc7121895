import assert from "node:assert/strict";
import { chown, mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { runProgram } from "../../test/cli-world.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { isRoot } from "../../test/privileges.ts";
import { makeHome, requireRootsHome } from "./home-folder.ts";

test("a home is made with what is above it, and taken as it is when it is there", async () => {
  await using folder = await temporaryFolder();
  const home = join(folder.path, "a/b/home");
  await makeHome(home, 0o711);
  assert.equal((await stat(home)).mode & 0o777, 0o711);
  await writeFile(join(home, "file"), "");
  await makeHome(home, 0o700);
  assert.equal((await stat(home)).mode & 0o777, 0o711);
  assert.deepEqual(await readdir(home), ["file"]);
});

test("where no home can be is said in words, each time", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  const nowhere = join(folder.path, "nowhere");
  await symlink("gone", nowhere);
  const refused = { code: "home_unusable" };
  await assert.rejects(makeHome(file, 0o700), { ...refused, message: /file: it is no folder\.$/ });
  await assert.rejects(makeHome(join(file, "x/y"), 0o700), /below something that is no folder/);
  for (const home of ["/proc/x", "/proc/x/y", "/proc", "/sys/x", "/dev/null/x", nowhere])
    await assert.rejects(makeHome(home, 0o700), {
      ...refused,
      message: new RegExp(`in ${home}: .`),
    });
});

test("a disk that is full, or that may only be read, is no place for a home", async (t) => {
  await using folder = await temporaryFolder();
  const disk = join(folder.path, "disk");
  await mkdir(disk);
  const mount = (options: string) =>
    exec(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk]).then(
      () => true,
      () => false,
    );
  if (!(await mount("size=8k"))) return t.skip("this account may mount nothing");
  try {
    await assert.rejects(makeHome(join(disk, "home"), 0o700), { code: "disk_full" });
    assert.deepEqual(await readdir(join(disk, "home")), []);
    await mount("remount,ro");
    await assert.rejects(makeHome(join(disk, "other"), 0o700), /that file system is read-only/);
  } finally {
    await exec(["umount", disk]);
  }
});

test(
  "root has no home that somebody else could put something else in the place of",
  { skip: isRoot ? false : "only root gives folders away" },
  async () => {
    await using folder = await temporaryFolder();
    const [theirs, account, link] = ["theirs", "account", "link"].map((it) =>
      join(folder.path, it),
    );
    assert.ok(theirs && account && link);
    for (const [path, uid] of [
      [theirs, 65_533],
      [account, 65_532],
    ] as const) {
      await mkdir(join(path, "home"), { recursive: true });
      await chown(path, uid, uid);
    }
    await symlink(theirs, link);
    for (const home of [theirs, join(theirs, "home"), join(link, "home")]) {
      const refused = requireRootsHome(home, 65_532);
      await assert.rejects(refused, {
        code: "home_unsafe",
        message: /theirs belongs to uid 65533/,
      });
    }
    await requireRootsHome(account, 65_532);
    await assert.rejects(requireRootsHome(join(account, "home"), 65_532), { code: "home_unsafe" });
  },
);

test("berth up says where no home can be, before it does anything, as something to be put right", async () => {
  const { code, err } = await runProgram("/proc/berth", ["up", "--detach"]);
  assert.equal(code, 2);
  const sentence =
    "berth: Berth cannot have its home in /proc/berth: no folder can be made there.\n";
  assert.equal(
    err,
    `${sentence}  → Name a folder that can be written to, with --home or BERTH_HOME.\n`,
  );
  const empty = await runProgram("", ["up", "--detach"]);
  assert.equal(empty.code, 2);
  assert.match(empty.err, /--home is not valid: name a folder/);
});
