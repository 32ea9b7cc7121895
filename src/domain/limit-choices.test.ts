import assert from "node:assert/strict";
import { test } from "node:test";
import { buildLimitsOf, changeLimits, LimitChoices, limitsOf } from "./limit-choices.ts";
import { buildLimits, instanceLimits } from "./limits.ts";

test("a process type's own limits go before the app's, and those before the defaults", () => {
  const choices = LimitChoices.parse({
    app: { memoryBytes: 2 ** 30, pids: 100 },
    types: { web: { pids: 50 } },
    build: { cpuCores: 4 },
  });
  assert.deepEqual(limitsOf(choices, "web"), { ...instanceLimits, memoryBytes: 2 ** 30, pids: 50 });
  assert.equal(limitsOf(choices, "worker").pids, 100);
  assert.equal(limitsOf(choices, null).pids, 100);
  assert.deepEqual(buildLimitsOf(choices), { ...buildLimits, cpuCores: 4 });
});

test("a choice is made, changed and taken back for its own scope alone", () => {
  const none = LimitChoices.parse({});
  const web = { kind: "type", processType: "web" } as const;
  const one = changeLimits(none, { scope: web, limits: { pids: 50, cpuCores: 2 } });
  const two = changeLimits(one, { scope: web, limits: { cpuCores: null } });
  assert.deepEqual(two, { app: {}, types: { web: { pids: 50 } }, build: {} });
  const all = changeLimits(two, { scope: { kind: "app" }, limits: { pids: 99 } });
  assert.equal(limitsOf(all, "web").pids, 50);
  assert.equal(limitsOf(all, "worker").pids, 99);
  const back = changeLimits(all, { scope: web, limits: { pids: null } });
  assert.equal(limitsOf(back, "web").pids, 99);
});
