import assert from "node:assert/strict";
import { test } from "node:test";
import { createLineSieve } from "./line-sieve.ts";

const line = (at: string, text = "tick") => ({ at, source: "web.1", text });

test("a line that comes again is told once", () => {
  const isNew = createLineSieve();
  const lines = [line("1"), line("2"), line("1"), line("2", "tock"), line("3")];
  assert.deepEqual(lines.map(isNew), [true, true, false, true, true]);
});

test("only the newest lines are remembered", () => {
  const isNew = createLineSieve(2);
  for (const at of ["1", "2", "3"]) isNew(line(at));
  assert.deepEqual([isNew(line("3")), isNew(line("1"))], [false, true]);
});
