import assert from "node:assert/strict";
import { test } from "node:test";
import { sparklinePath } from "./sparkline.ts";

test("a sparkline fills its box, the highest value at the top", () => {
  assert.equal(sparklinePath([0, 5, 10], { width: 100, height: 20 }), "M0,20L50,10L100,0");
});

test("nothing but zeros is a line at the bottom, and a single value is none", () => {
  assert.equal(sparklinePath([0, 0], { width: 10, height: 20 }), "M0,20L10,20");
  assert.equal(sparklinePath([3], { width: 10, height: 20 }), "");
});

test("a lower line is drawn to the scale of the higher one", () => {
  assert.equal(sparklinePath([5, 5], { width: 10, height: 20, max: 10 }), "M0,10L10,10");
});
