import assert from "node:assert/strict";
import { test } from "node:test";
import { countRequest, emptyPoint, latencyOf, mergePoints, requestCount } from "./metrics.ts";

function requests(...durationsMs: readonly number[]): number[] {
  const point = emptyPoint("requests");
  for (const durationMs of durationsMs) countRequest(point, { status: 200, bytes: 10, durationMs });
  return point;
}

test("a latency is found within its bucket, whatever spans were merged", () => {
  const one = requests(...Array.from({ length: 98 }, () => 10));
  const merged = mergePoints("requests", one, requests(900, 60_000));
  assert.equal(requestCount(merged), 100);
  const median = latencyOf(merged, 0.5) ?? 0;
  assert.ok(median > 7 && median <= 10, `${median}`);
  const slow = latencyOf(merged, 0.99) ?? 0;
  assert.ok(slow > 700 && slow <= 1000, `${slow}`);
  assert.equal(latencyOf(merged, 1), 30_000, "beyond the last bound nothing is known");
  assert.equal(latencyOf(emptyPoint("requests"), 0.5), null);
});

test("counts add up, of levels the highest stays", () => {
  assert.deepEqual(mergePoints("instance", [10, 500, 1, 7], [5, 400, 1, 9]), [15, 500, 2, 9]);
});
