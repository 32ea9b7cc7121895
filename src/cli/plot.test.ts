import assert from "node:assert/strict";
import { test } from "node:test";
import { renderPlot } from "./plot.ts";
import { quantity } from "./quantity.ts";

test("a plot shows the highest of each column, nothing where nothing is known", () => {
  assert.equal(renderPlot([0, 1, 2, 4, null, 8], 6), "▁▂▃▅ █");
  assert.equal(renderPlot([0, 8, 0, 0], 2), "█▁");
  assert.equal(renderPlot([0, 0], 2), "▁▁");
  assert.equal(renderPlot([], 40), "");
});

test("quantities are written in units that people read", () => {
  assert.equal(quantity(52_400_000, "bytes"), "52.4 MB");
  assert.equal(quantity(0, "bytes/s"), "0 B/s");
  assert.equal(quantity(0.256, "cores"), "0.26 cores");
  assert.equal(quantity(12_345, "ms"), "12.3 s");
  assert.equal(quantity(null, "1/s"), "-");
});
