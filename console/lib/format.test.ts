import assert from "node:assert/strict";
import { test } from "node:test";
import {
  momentOfLog,
  renderAgo,
  renderBytes,
  renderCount,
  renderDuration,
  renderNumberOf,
  renderTick,
} from "./format.ts";

test("sizes, durations and counts are read at a glance", () => {
  assert.deepEqual([0, 900, 1536, 24 * 1024 ** 2, 1.5 * 1024 ** 3].map(renderBytes), [
    "0 B",
    "900 B",
    "1.5 kB",
    "24 MB",
    "1.5 GB",
  ]);
  assert.deepEqual([400, 12_000, 125_000, 11_400_000, 4 * 86_400_000].map(renderDuration), [
    "0.4 s",
    "12 s",
    "2 min 5 s",
    "3 h 10 min",
    "4 d 0 h",
  ]);
  assert.deepEqual([0, 0.25, 999, 1234, 56_700, 1_500_000].map(renderCount), [
    "0",
    "0.3",
    "999",
    "1.2k",
    "57k",
    "1.5M",
  ]);
});

test("moments are told from now", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const ago = (seconds: number) => renderAgo(new Date(now.getTime() - seconds * 1000), now);
  assert.deepEqual([-5, 5, 45, 300, 7200, 90_000, 30 * 86_400].map(ago), [
    "just now",
    "just now",
    "45 s ago",
    "5 min ago",
    "2 h ago",
    "1 d ago",
    "22 Oct 2026",
  ]);
});

test("below a plot stand times, and days where it spans many", () => {
  const moment = new Date(2026, 10, 3, 14, 3);
  assert.equal(renderTick(moment, false), "14:03");
  assert.equal(renderTick(moment, true), "3 Nov");
});

test("one of something is said as a word", () => {
  assert.equal(renderNumberOf(1, "release"), "one release");
  assert.equal(renderNumberOf(3, "release"), "3 releases");
});

test("a line of a log is as old as it says in UTC, wherever one looks", () => {
  const moment = momentOfLog("2026-05-01 12:00:00.123456789");
  assert.equal(moment.toISOString(), "2026-05-01T12:00:00.123Z");
});
