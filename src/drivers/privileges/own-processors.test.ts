import assert from "node:assert/strict";
import { test } from "node:test";
import { shareOut } from "./own-processors.ts";

const nobody = new Map<string, readonly number[]>();

test("each has as many processors as it may use, none shares one, and the first is nobody's", () => {
  const own = shareOut([["a", 1], ["b", 2]], [0, 1, 2, 3], nobody); // prettier-ignore
  assert.deepEqual([...own], [["a", [3]], ["b", [1, 2]]]); // prettier-ignore
});

test("who finds too few has none, and others after it may find theirs", () => {
  const own = shareOut([["a", 2], ["b", 1], ["c", 1]], [0, 1], nobody); // prettier-ignore
  assert.deepEqual([...own], [["b", [1]]]);
  assert.equal(shareOut([["a", 1]], [0], nobody).size, 0);
});

test("who has some keeps them, unless it may use more or fewer now", () => {
  const before = new Map([["b", [3]], ["c", [2]]]); // prettier-ignore
  const own = shareOut([["a", 1], ["b", 1], ["c", 2]], [0, 1, 2, 3], before); // prettier-ignore
  assert.deepEqual(own.get("b"), [3]);
  assert.deepEqual(own.get("a"), [2]);
  assert.equal(own.has("c"), false);
});
