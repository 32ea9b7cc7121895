import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createPrivileges } from "#privileged/verbs.ts";
import { supervisionLayout } from "#privileged/layout.ts";
import { executorContract } from "../../../test/contract/executor.ts";
import { superviseFolder, temporaryFolder, tools } from "../../../test/machine.ts";
import { createLocalExecutor } from "./local.ts";

const server = `require("node:net").createServer((s) => s.end()).listen(process.env.PORT, "127.0.0.1")`;

executorContract("local", async () => {
  const folder = await temporaryFolder();
  const home = folder.path;
  for (const path of ["tree", "data/scratch"]) await mkdir(join(home, path), { recursive: true });
  const executor = createLocalExecutor(createPrivileges(home, tools), join(home, "logs"));
  const supervision = await superviseFolder(supervisionLayout(home).scan);
  return {
    executor,
    artifactDir: join(home, "tree"),
    commands: { serves: `node -e '${server}'`, exits: "exit 3", idles: "exec sleep 900" },
    [Symbol.asyncDispose]: async () => {
      for (const { id } of await executor.list()) await executor.stop(id, 0);
      await supervision[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
