import { sourceContract } from "../../../test/contract/source.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { createMemorySource } from "./memory.ts";

sourceContract("memory", async () => {
  const folder = await temporaryFolder();
  const source = createMemorySource();
  return {
    source,
    folder: folder.path,
    commit: async (files, parent) => source.commit(files, parent ?? undefined),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
