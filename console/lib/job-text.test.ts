import assert from "node:assert/strict";
import { test } from "node:test";
import { createJobText } from "./job-text.ts";

test("pieces become lines, wherever they are cut", () => {
  const { add, rest } = createJobText();
  assert.deepEqual(add({ offset: 5, text: "one\ntw".slice(0, 5) }), ["one"]);
  assert.deepEqual(add({ offset: 13, text: "wo\nthré" }), ["two"]);
  assert.equal(rest(), "thré");
});

test("what comes again after a cut is not told twice, even in other pieces", () => {
  const { add } = createJobText();
  assert.deepEqual(add({ offset: 4, text: "abc\n" }), ["abc"]);
  assert.deepEqual(add({ offset: 4, text: "abc\n" }), []);
  assert.deepEqual(add({ offset: 8, text: "abc\ndef\n" }), ["def"]);
});
