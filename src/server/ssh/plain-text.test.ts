import assert from "node:assert/strict";
import test from "node:test";
import { hostileTexts, isHarmless } from "../../../test/hostile-text.ts";
import { createPlainText } from "./plain-text.ts";

test("escape sequences and control characters are taken out, text and layout stay", () => {
  const cases = {
    "\x1b[31mred\x1b[0m and \x1b[1;38;5;200mpink\x1b[m": "red and pink",
    "\x1b]0;a title\x07after \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\": "after link",
    "\x1bcreset \x1b(Bcharset \x1b7saved": "reset charset saved",
    "bell\x07 back\x08 nul\0 del\x7f csi\x9b31m": "bell back nul del csi31m",
    "tab\there\nwindows\r\n10%\r20%\r\n": "tab\there\nwindows\n10%\n20%\n",
    "café 日本 👩‍🚀 \u202egnp.exe": "café 日本 👩‍🚀 gnp.exe",
    "a title without an end: \x1b]0;oops\nthe next line": "a title without an end: \nthe next line",
  };
  for (const [text, plain] of Object.entries(cases)) assert.equal(createPlainText()(text), plain);
});

test("whoever pushes is shown nothing hostile, whatever a build prints", () => {
  for (const text of hostileTexts) {
    const shown = createPlainText()(text + "\n");
    assert.ok(isHarmless(shown), JSON.stringify(shown.slice(0, 60)));
  }
});

test("a sequence that is cut anywhere is still recognized", () => {
  const text = "one\x1b[1;31mtwo\x1b]0;title\x1b\\three\r\nfour\x1b]2;x\x07five\x1b(Bsix";
  for (let cut = 0; cut <= text.length; cut += 1) {
    const plain = createPlainText();
    assert.equal(plain(text.slice(0, cut)) + plain(text.slice(cut)), "onetwothree\nfourfivesix");
  }
});

test("what never ends is not held back for ever", () => {
  const plain = createPlainText();
  let shown = "";
  for (let round = 0; round < 100; round += 1) shown += plain(`\x1b[${"0".repeat(1000)}`);
  assert.ok(shown.length > 90_000, `${shown.length} characters came out`);
  assert.equal(shown.includes("\x1b"), false);
});
