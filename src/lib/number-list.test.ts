import assert from "node:assert/strict";
import test from "node:test";
import { parseNumbers, renderNumbers } from "./number-list.ts";

test("numbers are read and written in the kernel's way", () => {
  for (const text of ["", "8080", "8080,9000-9003", "1-2,4,65535"])
    assert.equal(renderNumbers(parseNumbers(`${text}\n`)), text);
  assert.equal(renderNumbers([7, 3, 2, 7, 1]), "1-3,7");
  assert.deepEqual([...parseNumbers("0-2,5\n")], [0, 1, 2, 5]);
});
