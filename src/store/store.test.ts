import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { storeContract } from "../../test/contract/store.ts";
import { moment } from "../../test/factories.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { openStore } from "./store.ts";

storeContract("sqlite", async () => {
  const store = openStore(":memory:");
  return { store, [Symbol.asyncDispose]: async () => store[Symbol.dispose]() };
});

test("what was written is there when the file is opened again, also by two at once", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "berth.db");
  using store = openStore(file);
  store.apps.add({ name: "shop", managedBy: null, createdAt: moment });
  using again = openStore(file);
  assert.deepEqual(again.apps.named("shop")?.createdAt, moment);
});
