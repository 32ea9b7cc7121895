import { runnerContract } from "../../../test/contract/runner.ts";
import { createMemoryRunner } from "./memory.ts";

runnerContract("memory", async () => {
  const runner = createMemoryRunner();
  runner.programs.set("print", async ({ onOutput }) => onOutput(Buffer.from("hello\n")));
  runner.programs.set("fail", async () => ({ code: 5 }));
  runner.programs.set("die", async () => ({ code: null, signal: "SIGSEGV" }));
  runner.programs.set("last", () => Promise.withResolvers<void>().promise);
  return {
    runner,
    commands: { prints: "print", fails: "fail", dies: "die", lasts: "last" },
    [Symbol.asyncDispose]: async () => {},
  };
});
