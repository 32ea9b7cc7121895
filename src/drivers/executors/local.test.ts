import { join } from "node:path";
import { executorContract } from "../../../test/contract/executor.ts";
import { superviseFolder, temporaryFolder } from "../../../test/machine.ts";
import { startPrivileges } from "../../../test/privileges.ts";
import { createLocalExecutor } from "./local.ts";

const server = `require("node:net").createServer((s) => s.end()).listen(process.env.PORT, "127.0.0.1")`;

executorContract("local", async () => {
  const folder = await temporaryFolder();
  const world = await startPrivileges(folder.path);
  await world.artifact(1);
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8, 9]) await world.logFolder(`1/${id}-web.1`);
  const executor = createLocalExecutor(world.privileges, {
    logs: join(folder.path, "logs"),
    exits: world.layout.exits,
  });
  const supervision = await superviseFolder(world.layout.scan);
  return {
    executor,
    commands: { serves: `node -e '${server}'`, exits: "exit 3", idles: "exec sleep 900" },
    [Symbol.asyncDispose]: async () => {
      for (const { id } of await executor.list()) await executor.stop(id, 0);
      await supervision[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
