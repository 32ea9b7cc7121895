import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  countRequest,
  emptyPoint,
  metricLevels,
  tickMs,
  type MetricsStore,
  type Series,
} from "#domain/metrics.ts";
import { openMetrics } from "#drivers/metrics/sqlite.ts";
import { temporaryFolder } from "../machine.ts";

const apps = 20;
const hourMs = 3_600_000;
const days = 40;
/** A hundred apps may take 100 MB. */
const bytesMax = apps * 1_000_000;
const beginMs = Date.parse("2026-01-01T00:00:00Z");

test(
  "forty days of busy apps stay within 1 MB for each, and all that is kept can be read",
  { timeout: 600_000 },
  async (t) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "metrics.db");
    using metrics = openMetrics(file);
    const hours = days * 24;
    for (let hour = 0; hour < hours; hour += 1) {
      const stepMs = stepOf(hours - hour);
      fillHour(metrics, beginMs + hour * hourMs, stepMs);
      const isDue = stepMs === tickMs || hour % 24 === 23;
      if (isDue) await metrics.fold(beginMs + (hour + 1) * hourMs);
    }
    const sizes = await Promise.all(
      ["", "-wal"].map(async (suffix) => (await stat(file + suffix).catch(() => null))?.size ?? 0),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    t.diagnostic(`${(bytes / 1e6).toFixed(1)} MB`);
    assert.ok(bytes < bytesMax, `${bytes} bytes`);
    const toMs = beginMs + hours * hourMs;
    const pointsOf = (ageMs: number, stepMs: number) => {
      const span = { fromMs: toMs - ageMs, toMs, stepMs };
      return metrics.read({ kinds: ["requests"], branchId: 7, ...span })[0]?.points.size ?? 0;
    };
    assert.equal(pointsOf(24 * hourMs, tickMs), 24 * 360);
    assert.equal(pointsOf(7 * 24 * hourMs, 60_000), 7 * 24 * 60);
    assert.equal(pointsOf(30 * 24 * hourMs, 600_000), 30 * 24 * 6);
  },
);

/** What will have been thinned by the end may come as thin as that; the file is the same. */
function stepOf(hoursLeft: number): number {
  const kept = metricLevels.find(({ keptMs }) => hoursLeft * hourMs <= keptMs + 2 * hourMs);
  return (kept ?? metricLevels[2]).stepMs;
}

function fillHour(metrics: MetricsStore, fromMs: number, everyMs: number): void {
  for (let at = fromMs; at < fromMs + hourMs; at += everyMs) {
    metrics.add(at, Array.from({ length: apps }, (_, app) => pointsAt(app, at)).flat());
  }
}

/** A few requests of changing speed, and an instance whose use changes all the time. */
function pointsAt(app: number, at: number) {
  const noise = (salt: number) => ((at / tickMs) * 7919 + app * 104_729 + salt * 31) % 997;
  const requests = emptyPoint("requests");
  for (let count = 0; count < 2; count += 1) {
    const status = noise(count) < 50 ? 500 : 200;
    countRequest(requests, { status, bytes: 1000 + noise(9), durationMs: noise(count + 3) / 4 });
  }
  const series = (kind: Series["kind"], name: string): Series => ({ kind, branchId: app, name });
  const instance = [noise(5), 50_000_000 + noise(6) * 4096, 0, 1_000_000];
  return [
    { series: series("requests", "web"), point: requests },
    { series: series("instance", "web.1"), point: instance },
  ];
}
