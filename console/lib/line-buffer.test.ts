import assert from "node:assert/strict";
import { test } from "node:test";
import { createLineBuffer, visibleRange } from "./line-buffer.ts";

const line = (text: string) => ({ at: null, source: "web.1", text });
const texts = (lines: readonly { text: string }[]) => lines.map(({ text }) => text);

test("the newest lines are kept, and keep their numbers", () => {
  const buffer = createLineBuffer(3);
  buffer.add([line("a"), line("b")]);
  buffer.add([line("c"), line("d")]);
  assert.deepEqual(texts(buffer.shown()), ["b", "c", "d"]);
  assert.deepEqual(
    buffer.shown().map(({ number }) => number),
    [2, 3, 4],
  );
});

test("a filter holds for lines that are there and for those that come", () => {
  const buffer = createLineBuffer(4);
  buffer.add([line("error 1"), line("fine")]);
  buffer.setFilter(({ text }) => text.includes("error"));
  buffer.add([line("fine"), line("error 2"), line("error 3")]);
  assert.deepEqual(texts(buffer.shown()), ["error 2", "error 3"]);
  assert.equal(buffer.total(), 4);
  buffer.setFilter(null);
  assert.equal(buffer.shown().length, 4);
});

test("what is shown stays while it is paused, and nothing is lost", () => {
  const buffer = createLineBuffer();
  buffer.add([line("a")]);
  buffer.setPaused(true);
  buffer.add([line("b")]);
  assert.deepEqual(texts(buffer.shown()), ["a"]);
  buffer.setPaused(false);
  assert.deepEqual(texts(buffer.shown()), ["a", "b"]);
});

test("whoever listens hears of changes, until they stop", () => {
  const buffer = createLineBuffer();
  let heard = 0;
  const stop = buffer.subscribe(() => (heard += 1));
  buffer.add([line("a")]);
  buffer.add([]);
  stop();
  buffer.clear();
  assert.equal(heard, 1);
  assert.equal(buffer.total(), 0);
});

test("100,000 lines are added in pieces and filtered in a moment", () => {
  const buffer = createLineBuffer();
  const startedAt = performance.now();
  for (let piece = 0; piece < 100; piece += 1) {
    buffer.add(Array.from({ length: 1000 }, (_, index) => line(`${piece}:${index}`)));
  }
  buffer.setFilter(({ text }) => text.endsWith(":999"));
  assert.equal(buffer.shown().length, 100);
  assert.ok(performance.now() - startedAt < 3000);
});

test("only the rows near the window are drawn", () => {
  assert.deepEqual(visibleRange({ top: 2000, height: 400, rowHeight: 20, rows: 100_000 }), {
    first: 90,
    end: 130,
  });
  assert.deepEqual(visibleRange({ top: 0, height: 400, rowHeight: 20, rows: 3 }), {
    first: 0,
    end: 3,
  });
  assert.deepEqual(visibleRange({ top: 9000, height: 400, rowHeight: 20, rows: 5 }), {
    first: 0,
    end: 5,
  });
});
