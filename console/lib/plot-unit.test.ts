import assert from "node:assert/strict";
import { test } from "node:test";
import { plotUnits, type PlotUnit } from "./plot-unit.ts";

test("lines of a plot are so far apart that each has words of its own", () => {
  for (const [name, { render, increments }] of Object.entries<PlotUnit>(plotUnits)) {
    const [least = 0] = increments;
    const words = [0, 1, 2, 3].map((step) => render(step * least));
    assert.equal(new Set(words).size, words.length, `${name}: ${words.join(", ")}`);
  }
});
