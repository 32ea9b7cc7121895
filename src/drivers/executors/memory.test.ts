import { executorContract } from "../../../test/contract/executor.ts";
import { createMemoryExecutor } from "./memory.ts";

executorContract("memory", async () => {
  const executor = createMemoryExecutor();
  executor.programs.set("exit", { kind: "exits", exit: { code: 3, signal: null } });
  executor.programs.set("idle", { kind: "deaf", listening: [] });
  return {
    executor,
    commands: { serves: "serve", exits: "exit", idles: "idle" },
    [Symbol.asyncDispose]: async () => {},
  };
});
