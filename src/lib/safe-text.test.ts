import assert from "node:assert/strict";
import { test } from "node:test";
import { hostileTexts, isHarmless } from "../../test/hostile-text.ts";
import { safeColouredLine, safeJson, safeLine, safeText } from "./safe-text.ts";

test("what a terminal acts upon is shown instead", () => {
  assert.equal(safeText("a\u001b[2Jb\rc\u0000"), "a\\x1b[2Jb\\x0dc\\x00");
  assert.equal(safeText("evil\u202egnp.exe"), "evil\\u202egnp.exe");
  assert.equal(safeText("zero\u200bwidth \u{e0041}"), "zero\\u200bwidth \\u{e0041}");
  assert.equal(safeText("csi \u009b31m"), "csi \\x9b31m");
});

test("ordinary text of any script stays as it is", () => {
  const text = "naïve 日本語 שלום 👩‍👩‍👧\tend";
  assert.equal(safeText(text), text);
});

test("a line without colours loses its escape sequences whole", () => {
  assert.equal(safeLine("\u001b[1;31mred\u001b[0m \u001b]0;title\u0007x"), "red x");
  assert.equal(safeLine("\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\"), "link");
});

test("a line with colours keeps them, ends them, and loses every other sequence", () => {
  assert.equal(
    safeColouredLine("\u001b[31mred \u001b[2J\u001b]52;c;AAAA\u0007done"),
    "\u001b[31mred done\u001b[0m",
  );
  assert.equal(safeColouredLine("plain"), "plain");
});

test("an unfinished sequence is shown, not passed on", () => {
  assert.equal(safeLine("end \u001b[31"), "end \\x1b[31");
  assert.equal(safeLine("end \u001b]0;title"), "end \\x1b]0;title");
});

test("whatever somebody else wrote is harmless in every form, and none of it is lost as data", () => {
  for (const text of hostileTexts) {
    const shown = [safeText(text), safeLine(text), safeJson({ text })];
    assert.deepEqual(shown.map(isHarmless), [true, true, true], JSON.stringify(text.slice(0, 40)));
    assert.deepEqual(JSON.parse(safeJson({ text })), { text });
  }
});

test("safe JSON says the same as plain JSON", () => {
  const value = { name: "\u202e\u009b\u{e0041}\u001b", list: ["a\nb"] };
  const text = safeJson(value, 2);
  assert.deepEqual(JSON.parse(text), value);
  assert.ok(!/[\u202e\u009b\u{e0041}]/u.test(text));
  assert.ok(text.includes('\n  "name"'));
});
