import assert from "node:assert/strict";
import { test } from "node:test";
import { headline, outdented, plainLines, plainText } from "./text.ts";

test("lines lose the spaces that all of them begin with, and no others", () => {
  assert.deepEqual(outdented(["    at a", "", "      at b"]), ["at a", "", "  at b"]);
  assert.deepEqual(outdented(["none", "  some"]), ["none", "  some"]);
  assert.deepEqual(outdented([]), []);
});

test("what would move or hide other text is written out", () => {
  assert.equal(
    plainText("a\u202eb\u200bc\u0000d\u001b[31m"),
    "a\\u{202e}b\\u{200b}c\\u{0}d\\u{1b}[31m",
  );
  assert.equal(plainText("two\nlines\tand a tab"), "two lines\tand a tab");
  assert.equal(plainText("x".repeat(3000)).length, 2001);
  assert.equal(plainLines("one\r\ntwo\u2066"), "one\ntwo\\u{2066}");
});

test("a message in one line does not announce what is not shown", () => {
  assert.equal(headline("it exited with code 3; its last lines:\n  at a"), "it exited with code 3");
  assert.equal(headline("The build failed:\nno such file"), "The build failed");
  assert.equal(headline("No app is named shop."), "No app is named shop.");
});
