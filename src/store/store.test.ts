import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { storeContract } from "../../test/contract/store.ts";
import { moment } from "../../test/factories.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { createKeyFile, createMemoryKeyFile } from "./secret-keys.ts";
import { openStore } from "./store.ts";

storeContract("sqlite", async () => {
  const store = await openStore(":memory:", createMemoryKeyFile());
  return { store, [Symbol.asyncDispose]: async () => store[Symbol.dispose]() };
});

test("what was written is there when the file is opened again, also by two at once", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "berth.db");
  const keyFile = createKeyFile(join(folder.path, "secret.key"));
  using store = await openStore(file, keyFile);
  store.apps.add({ name: "shop", managedBy: null, createdAt: moment });
  using again = await openStore(file, keyFile);
  assert.deepEqual(again.apps.named("shop")?.createdAt, moment);
});
