import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAnsi, withoutAnsi } from "./ansi.ts";

test("colours become looks, and end where they are ended", () => {
  assert.deepEqual(parseAnsi("a \x1b[1;31mred\x1b[0m b"), [
    { text: "a ", look: "" },
    { text: "red", look: "ansi-bold ansi-red" },
    { text: " b", look: "" },
  ]);
  assert.deepEqual(parseAnsi("\x1b[32mok\x1b[39m.\x1b[m")[1], { text: ".", look: "" });
});

test("the 256 colours and true colours are shown as the nearest of the eight", () => {
  assert.equal(parseAnsi("\x1b[38;5;196mx")[0]?.look, "ansi-red");
  assert.equal(parseAnsi("\x1b[38;2;10;240;20;4mx")[0]?.look, "ansi-green ansi-underline");
  assert.equal(parseAnsi("\x1b[38;5mx")[0]?.text, "x");
});

test("nothing else that a terminal acts upon is left", () => {
  const line = "\x1b]0;title\x07\x1b[2J\x1b[1;1Hhi\x1bc\x1b]8;;http://evil\x1b\\link\x07\x00\r";
  const text = parseAnsi(line)
    .map((span) => span.text)
    .join("");
  assert.equal(text, "hilink\\u{7}\\u{0}\\u{d}");
});

test("direction marks are named instead of obeyed", () => {
  assert.equal(parseAnsi("a\u202Eb")[0]?.text, "a\\u{202e}b");
});

test("a line of 100 kB is cut before it is looked at", () => {
  const [span, ...more] = parseAnsi("x".repeat(100_000), 100);
  assert.equal(span?.text.length, 100);
  assert.deepEqual(more, []);
});

test("a line without its sequences is what is searched", () => {
  assert.equal(withoutAnsi("\x1b[31mer\x1b[0mror"), "error");
});
