import assert from "node:assert/strict";
import { test } from "node:test";
import { createLineSplitter } from "./line-splitter.ts";

test("lines come whole, however the text is cut", () => {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const piece of ["on", "e\r", "\ntwo\n50%\r100%", "\r", "\nrest"]) splitter.add(piece);
  assert.deepEqual(lines, ["one", "two", "50%", "100%"]);
  splitter.end();
  splitter.end();
  assert.deepEqual(lines.slice(4), ["rest"]);
});
