import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, type Symptoms } from "./explain.ts";

const symptoms: Symptoms = {
  exit: null,
  asked: "nothing listens on port 61500",
  port: 61_500,
  listening: [],
  lines: [],
  timeoutS: 30,
  target: "shop",
  processType: "web",
  memoryBytes: 512 * 1024 ** 2,
};

const cases: readonly [string, Partial<Symptoms>, RegExp, RegExp][] = [
  ["nothing listens", {}, /nothing listened on \$PORT, which is 61500, within 30 s/, /timeout_s/],
  [
    "another port",
    { listening: [3000, 61_500] },
    /it listens on port 3000 and not on \$PORT/,
    /environment variable PORT/,
  ],
  [
    "a bad answer",
    { asked: "GET /up on port 61500 answered 500" },
    /answered 500/,
    /berth logs -a shop/,
  ],
  ["never asked", { asked: null }, /it was not ready within 30 s/, /berth logs/],
  ["no program", { exit: { code: 127, signal: null } }, /exited with code 127/, /is not there/],
  ["no permission", { exit: { code: 126, signal: null } }, /code 126/, /executable\?/],
  ["a good end", { exit: { code: 0, signal: null } }, /code 0/, /stay in the foreground/],
  ["killed", { exit: { code: null, signal: "SIGKILL" } }, /was killed by SIGKILL/, /memory/],
  [
    "out of memory",
    { exit: { code: null, signal: "SIGKILL", outOfMemory: true } },
    /it ran out of memory: its limit is 512M/,
    /berth limits:set memory=1G --type web -a shop$/,
  ],
  [
    "the port is taken",
    { exit: { code: 1, signal: null }, lines: ["Error: listen EADDRINUSE: :::3000"] },
    /EADDRINUSE/,
    /Let it listen on \$PORT/,
  ],
  [
    "a missing package",
    { exit: { code: 1, signal: null }, lines: ["Error: Cannot find module 'express'"] },
    /express/,
    /among its dependencies/,
  ],
  [
    "a write to /app",
    { exit: { code: 1, signal: null }, lines: ["OSError: Read-only file system"] },
    /Read-only/,
    /\/tmp/,
  ],
  ["anything else", { exit: { code: 1, signal: null } }, /code 1/, /See more with berth logs/],
];

for (const [name, overrides, problem, fix] of cases) {
  test(`the cause is named: ${name}`, () => {
    const told = explain({ ...symptoms, ...overrides });
    assert.match(told.problem, problem);
    assert.match(told.fix, fix);
  });
}

test("the last lines stand below the problem, each cut to a readable length", () => {
  const { problem } = explain({ ...symptoms, lines: ["first", "x".repeat(10_000)] });
  assert.match(problem, /its last lines:\n {4}first\n {4}x{400}$/);
});

test("an instance that printed nothing is said to have printed nothing", () => {
  assert.match(explain(symptoms).problem, /; it printed nothing$/);
});
