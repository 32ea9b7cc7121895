import assert from "node:assert/strict";
import { test } from "node:test";
import { BranchConfig, changeConfig, targetOf } from "./branch.ts";

const config = BranchConfig.parse({ env: { A: "1", B: "2" }, formation: { web: 2 } });

test("changes set, replace and unset config vars, and leave the others", () => {
  const { env } = changeConfig(config, { env: { A: null, B: "3", C: "" } });
  assert.deepEqual(env, { B: "3", C: "" });
});

test("changes of the formation leave the types that they do not name", () => {
  assert.deepEqual(changeConfig(config, { formation: { worker: 1 } }).formation, {
    web: 2,
    worker: 1,
  });
  assert.deepEqual(config.formation, { web: 2 });
});

test("changing nothing gives an equal config", () => {
  assert.deepEqual(changeConfig(config, {}), config);
});

test("only the default branch goes by the app's name alone", () => {
  const branch = { appName: "shop", name: "staging" };
  assert.equal(targetOf({ ...branch, isDefault: true }), "shop");
  assert.equal(targetOf({ ...branch, isDefault: false }), "shop@staging");
});
