import assert from "node:assert/strict";
import { test } from "node:test";
import { limitInForce, limitsToSend, typedLimits } from "./limits.ts";

const limits = {
  memoryBytes: 512 * 1024 ** 2,
  cpuCores: 0.5,
  pids: 256,
  openFiles: 8192,
  diskBytes: 256 * 1024 ** 2,
};
const status = {
  scope: { kind: "app" as const },
  limits,
  used: null,
  notes: [],
  chosen: ["memory" as const, "cpu" as const],
};

test("only what somebody chose stands in the fields; the rest is what holds", () => {
  const typed = typedLimits(status);
  assert.deepEqual([typed.memoryBytes, typed.cpuCores, typed.pids], ["512", "0.5", ""]);
  assert.equal(limitInForce(status, "diskBytes"), "256");
});

test("what was typed is sent in the API's units, and what was emptied is taken back", () => {
  assert.deepEqual(limitsToSend({}), {});
  assert.deepEqual(limitsToSend({ memoryBytes: "1024", cpuCores: " " }), {
    memoryBytes: 1024 ** 3,
    cpuCores: null,
  });
});
