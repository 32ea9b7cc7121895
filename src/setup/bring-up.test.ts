import assert from "node:assert/strict";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exec, ExecError } from "#lib/exec.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { requireSight } from "./bring-up.ts";

test("where /proc hides what others run, Berth does not begin, and says how to show it", async (t) => {
  await using folder = await temporaryFolder();
  const account = { name: "berth", uid: 65_533, gid: 65_533, names: ["berth"], warnings: [] };
  const proc = join(folder.path, "proc");
  await chmod(folder.path, 0o711);
  await mkdir(proc);
  const mount = (options: string) => exec(["mount", "-t", "proc", "-o", options, "proc", proc]);
  try {
    await mount("hidepid=2");
  } catch (error) {
    if (error instanceof ExecError) return t.skip("this account may mount nothing");
    throw error;
  }
  try {
    await requireSight({ ...account, uid: 0, gid: 0 }, proc);
    const said =
      /hides from berth what its apps run\. Show it: mount -o remount,gid=65533 \S+proc /;
    await assert.rejects(requireSight(account, proc), { code: "command_failed", message: said });
    await mount("remount,gid=65533");
    await requireSight(account, proc);
  } finally {
    await exec(["umount", proc]);
  }
});
