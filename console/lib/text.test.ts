import assert from "node:assert/strict";
import { test } from "node:test";
import { outdented } from "./text.ts";

test("lines lose the spaces that all of them begin with, and no others", () => {
  assert.deepEqual(outdented(["    at a", "", "      at b"]), ["at a", "", "  at b"]);
  assert.deepEqual(outdented(["none", "  some"]), ["none", "  some"]);
  assert.deepEqual(outdented([]), []);
});
