import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandover } from "./handover.ts";

test("a connection is closed when the next one is open, not before", () => {
  const handover = createHandover();
  const first = handover.begin();
  first.opened();
  const second = handover.begin();
  assert.equal(first.signal.aborted, false);
  second.opened();
  assert.deepEqual([first.signal.aborted, second.signal.aborted], [true, false]);
});

test("one that was to take over and never opened leaves nothing open behind it", () => {
  const handover = createHandover();
  const turns = [handover.begin()];
  turns[0]?.opened();
  for (let topic = 0; topic < 3; topic += 1) turns.push(handover.begin());
  assert.deepEqual(
    turns.map(({ signal }) => signal.aborted),
    [false, true, true, false],
  );
  turns.at(-1)?.opened();
  turns[1]?.opened();
  assert.deepEqual(
    turns.map(({ signal }) => signal.aborted),
    [true, true, true, false],
  );
});

test("one that was cut and opens again stays", () => {
  const handover = createHandover();
  const turn = handover.begin();
  turn.opened();
  turn.opened();
  assert.equal(turn.signal.aborted, false);
});

test("at the end none is left", () => {
  const handover = createHandover();
  const turns = [handover.begin()];
  turns[0]?.opened();
  turns.push(handover.begin());
  handover.end();
  assert.ok(turns.every(({ signal }) => signal.aborted));
});
