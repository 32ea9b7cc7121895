import { runnerContract } from "../../../test/contract/runner.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { startPrivileges } from "../../../test/privileges.ts";
import { createSandboxRunner } from "./sandbox.ts";

runnerContract("sandbox", async () => {
  const folder = await temporaryFolder();
  const world = await startPrivileges(folder.path);
  await world.artifact(1);
  return {
    runner: createSandboxRunner(world.privileges),
    commands: {
      prints: "echo hello",
      fails: "exit 5",
      dies: "kill -SEGV $$",
      lasts: "sleep 900",
    },
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
