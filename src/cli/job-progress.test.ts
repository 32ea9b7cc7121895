import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobView } from "#api/views.ts";
import { doneJob } from "../../test/fake-nouns.ts";
import { renderJobProgress } from "./job-progress.ts";

const at = new Date("2026-03-01T12:00:10.400Z");

function job(more: Partial<JobView>): JobView {
  const times = { createdAt: "2026-03-01T12:00:00.000Z", startedAt: null, endedAt: null };
  return { ...doneJob, ...times, steps: [], ...more };
}

function step(title: string, more: object = {}): JobView["steps"][number] {
  const [done] = doneJob.steps;
  return { ...done!, title, status: "running", steps: [], ...more };
}

test("a job's progress is its innermost step, its time, and the time that the last one took", () => {
  const startedAt = "2026-03-01T12:00:04.400Z";
  const steps = [
    step("Fetching", { status: "done" }),
    step("Building", { steps: [step("Building with node")] }),
  ];
  assert.equal(renderJobProgress(job({}), 30_000, at), "Waiting, 10 s");
  assert.equal(renderJobProgress(job({ startedAt }), null, at), "Beginning, 6 s");
  assert.equal(
    renderJobProgress(job({ startedAt, steps }), 30_000, at),
    `[####${" ".repeat(16)}] Building with node, 6 of about 30 s`,
  );
  assert.equal(
    renderJobProgress(job({ startedAt, steps }), 1200, at),
    `[${"#".repeat(20)}] Building with node, 6 of about 2 s`,
  );
});
