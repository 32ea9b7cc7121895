import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { tickMs, type MetricsStore, type Series } from "#domain/metrics.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { openMetrics } from "./sqlite.ts";

const beginMs = Date.parse("2026-03-01T00:00:00Z");
const hourMs = 3_600_000;
const web: Series = { kind: "instance", branchId: 1, name: "web.1" };

/** One point each tick: 10 ms of processor time, 1 MB and more each tick. */
function fill(metrics: MetricsStore, series: readonly Series[], ticks: number, fromMs = beginMs) {
  for (let tick = 0; tick < ticks; tick += 1) {
    const point = [10, 1_000_000 + tick, 0, 0];
    metrics.add(
      fromMs + tick * tickMs,
      series.map((it) => ({ series: it, point })),
    );
  }
}

function read(metrics: MetricsStore, branchId: number | null, stepMs: number, toMs: number) {
  const query = { kinds: ["instance", "host"] as const, branchId, fromMs: beginMs, toMs, stepMs };
  return metrics.read(query).map(({ series, points }) => ({ name: series.name, points }));
}

test("points are read back merged to any step, folded or not", async () => {
  using metrics = openMetrics(":memory:");
  fill(metrics, [web], 400);
  const before = read(metrics, 1, 60_000, beginMs + hourMs * 2);
  await metrics.fold(beginMs + 400 * tickMs);
  assert.deepEqual(read(metrics, 1, 60_000, beginMs + hourMs * 2), before);
  const points = before[0]?.points;
  assert.deepEqual(points?.get(beginMs), [60, 1_000_005, 0, 0]);
  assert.deepEqual(points?.get(beginMs + 66 * 60_000), [40, 1_000_399, 0, 0]);
  assert.equal(read(metrics, 1, tickMs, beginMs + hourMs * 2)[0]?.points.size, 400);
  await metrics.fold(beginMs + 400 * tickMs);
  assert.deepEqual(read(metrics, 1, 60_000, beginMs + hourMs * 2), before, "twice is once");
});

test("two parts of one moment are merged", () => {
  using metrics = openMetrics(":memory:");
  fill(metrics, [web], 1);
  fill(metrics, [web], 1);
  assert.deepEqual(
    read(metrics, 1, tickMs, beginMs + hourMs)[0]?.points.get(beginMs),
    [20, 1_000_000, 0, 0],
  );
});

test("a removed branch leaves nothing, and its neighbours everything", async () => {
  using metrics = openMetrics(":memory:");
  const other: Series = { ...web, branchId: 2 };
  const host: Series = { kind: "host", branchId: null, name: "" };
  fill(metrics, [web, other, host], 100);
  await metrics.fold(beginMs + 100 * tickMs);
  metrics.remove(1);
  assert.deepEqual(read(metrics, 1, tickMs, beginMs + hourMs), []);
  assert.equal(read(metrics, 2, tickMs, beginMs + hourMs)[0]?.points.size, 100);
  assert.equal(read(metrics, null, tickMs, beginMs + hourMs)[0]?.points.size, 100);
});

test("what is fine is kept for a day, what is thinned for thirty", async () => {
  using metrics = openMetrics(":memory:");
  for (const day of [0, 20, 35]) {
    const fromMs = beginMs + day * 24 * hourMs;
    fill(metrics, [web], 360, fromMs);
    await metrics.fold(fromMs + hourMs);
  }
  const toMs = beginMs + 36 * 24 * hourMs;
  const daysOf = (stepMs: number) => {
    const ages = [...(read(metrics, 1, stepMs, toMs)[0]?.points.keys() ?? [])];
    return [...new Set(ages.map((at) => Math.floor((at - beginMs) / 24 / hourMs)))];
  };
  assert.deepEqual(daysOf(tickMs), [35]);
  assert.deepEqual(daysOf(600_000), [20, 35]);
});

test("a bound in bytes holds: the finest and oldest go first", async () => {
  const bytesMax = 220_000;
  using metrics = openMetrics(":memory:", bytesMax);
  const many = Array.from({ length: 30 }, (_, index): Series => ({ ...web, branchId: index }));
  for (let hour = 0; hour < 10; hour += 1) {
    fill(metrics, many, 360, beginMs + hour * hourMs);
    await metrics.fold(beginMs + (hour + 1) * hourMs);
    assert.ok(metrics.sizeBytes() <= bytesMax, `${metrics.sizeBytes()} in hour ${hour}`);
  }
  const toMs = beginMs + 10 * hourMs;
  assert.ok((read(metrics, 1, 600_000, toMs)[0]?.points.size ?? 0) > 40, "coarse ones are kept");
});

test("what was added is there after a kill, and a broken file is begun anew", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "metrics.db");
  const killed = openMetrics(file);
  fill(killed, [web], 3);
  using next = openMetrics(file);
  assert.equal(read(next, 1, tickMs, beginMs + hourMs)[0]?.points.size, 3);
  killed[Symbol.dispose]();
  const broken = join(folder.path, "broken.db");
  await writeFile(broken, "no database at all".repeat(1000));
  using anew = openMetrics(broken);
  fill(anew, [web], 1);
  assert.equal(read(anew, 1, tickMs, beginMs + hourMs)[0]?.points.size, 1);
});
