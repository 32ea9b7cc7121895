import assert from "node:assert/strict";
import { test } from "node:test";
import { closest } from "./closest.ts";

const known = ["cmd", "process_count", "subdirectory", "runners"];

test("a slip of the finger finds its word", () => {
  assert.equal(closest("comd", known), "cmd");
  assert.equal(closest("runers", known), "runners");
  assert.equal(closest("rnuners", known), "runners");
  assert.equal(closest("processCount", known), "process_count");
});

test("a word far from all others finds none", () => {
  assert.equal(closest("volumes", known), null);
  assert.equal(closest("", known), null);
  assert.equal(closest("x", []), null);
});
