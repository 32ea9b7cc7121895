import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { ended, start } from "#lib/exec.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { renderHook } from "./git-hook.ts";

test("a hook whose wire is cut says nothing of its own to who pushes", async () => {
  await using folder = await temporaryFolder();
  const hook = join(folder.path, "proc-receive");
  await writeFile(hook, renderHook());
  await chmod(hook, 0o755);
  // Without what git gets from Berth: nothing is open from 3 on.
  const child = start([hook], { stdio: ["ignore", "pipe", "pipe"] });
  const { stderr } = child;
  assert.ok(stderr);
  const [said] = await Promise.all([text(stderr), ended(child)]);
  assert.doesNotMatch(said, /s6-ioconnect/);
});
