import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/machine.ts";
import { isRoot } from "../../../test/privileges.ts";
import { Supervision } from "./supervision.ts";

const noRoot = isRoot ? false : "only root can have a folder that others may not enter";

test(
  "an instance whose folder is still root's alone is told as gone",
  { skip: noRoot },
  async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o711);
    const service = join(folder.path, "i7");
    await mkdir(service, { mode: 0o700 });
    await writeFile(join(service, "sandbox.3"), "");
    const supervision = new Supervision(folder.path);
    const nobody = 65_534;
    process.seteuid?.(nobody);
    try {
      const { state, environment } = await supervision.observe(7);
      assert.deepEqual({ state, environment }, { state: "gone", environment: null });
    } finally {
      process.seteuid?.(0);
    }
  },
);
