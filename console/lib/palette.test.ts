import assert from "node:assert/strict";
import { test } from "node:test";
import { findGoals } from "./palette.ts";

const open = () => {};
const goals = [
  { name: "webshop", kind: "App", open },
  { name: "shop", kind: "App", open },
  { name: "shop: Logs", kind: "Page", open },
];
const found = (typed: string) => findGoals(goals, typed, 10).map(({ name }) => name);

test("what begins as one types comes first, and every word must be there", () => {
  assert.deepEqual(found("shop"), ["shop", "shop: Logs", "webshop"]);
  assert.deepEqual(found("SHOP log"), ["shop: Logs"]);
  assert.deepEqual(found("blog"), []);
  assert.deepEqual(findGoals(goals, "", 2).length, 2);
});
