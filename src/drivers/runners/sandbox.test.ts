import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createPrivileges } from "#privileged/verbs.ts";
import { runnerContract } from "../../../test/contract/runner.ts";
import { temporaryFolder, tools } from "../../../test/machine.ts";
import { createSandboxRunner } from "./sandbox.ts";

runnerContract("sandbox", async () => {
  const folder = await temporaryFolder();
  for (const path of ["tree", "data/scratch"]) {
    await mkdir(join(folder.path, path), { recursive: true });
  }
  return {
    runner: createSandboxRunner(createPrivileges(folder.path, tools)),
    dir: join(folder.path, "tree"),
    commands: {
      prints: "echo hello",
      fails: "exit 5",
      dies: "kill -SEGV $$",
      lasts: "sleep 900",
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
