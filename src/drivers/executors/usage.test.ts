import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObservedInstance } from "#domain/instance.ts";
import { bareEnv, ended, start, type ChildProcess } from "#lib/exec.ts";
import { ProcessUsage } from "./usage.ts";

test("an instance uses what all of its processes use, and is asked for only when it is another", async () => {
  // Itself next to nothing, with a child that works until it has used 300 ms.
  const busy = "setInterval(() => {}, 1000); while (process.cpuUsage().user < 3e5);";
  const argv = ["timeout", "60", process.execPath, "-e", busy] as const;
  const child = start(argv, { stdio: "ignore", env: bareEnv });
  let asked = 0;
  let counted: number | null = null;
  let isBehind = false;
  const observe = async (id: number): Promise<ObservedInstance> => {
    asked += 1;
    const pid = id === 1 ? (child.pid ?? null) : null;
    return { id, state: "running", pid, sinceMs: 0, lastExit: null, givenUp: false };
  };
  const { usage, expect } = new ProcessUsage(observe, async () => ({
    memoryBytes: counted,
    isBehind,
  }));
  try {
    let cpuMs = 0;
    for (const end = performance.now() + 10_000; cpuMs < 300;) {
      assert.ok(performance.now() < end, "its child's time is counted");
      const found = await usage([1]);
      cpuMs = found.get(1)?.cpuMs ?? 0;
      await new Promise((wait) => setTimeout(wait, 100));
    }
    assert.equal(asked, 1);
    const both = await usage([1, 2]);
    assert.deepEqual([...both.keys()], [1], "one that does not run is left out");
    assert.ok((both.get(1)?.memoryBytes ?? 0) > 20_000_000);
    counted = 4_096_000;
    assert.equal((await usage([1])).get(1)?.memoryBytes, counted, "the kernel's count is right");
    assert.equal((await usage([1])).get(1)?.isBehind, false);
    isBehind = true;
    assert.equal((await usage([1])).get(1)?.isBehind, true);
  } finally {
    child.kill();
    await ended(child);
  }
  assert.deepEqual(await usage([1]), new Map());
  const before = asked;
  for (let looks = 0; looks < 6; looks += 1) await usage([1]);
  assert.equal(asked - before, 1, "what does not run is asked for once a minute");
  expect(1);
  await usage([1]);
  assert.equal(asked - before, 2, "and at once when it was begun");
});

test("an instance that is begun while it is looked for is found at the next look", async () => {
  const begun: ChildProcess[] = [];
  const observe = async (id: number): Promise<ObservedInstance> => {
    // Too late for the list of processes that this look has taken.
    if (begun.length === 0) begun.push(start(["sleep", "60"], { stdio: "ignore", env: bareEnv }));
    expect(id);
    const pid = begun[0]?.pid ?? null;
    return { id, state: "running", pid, sinceMs: 0, lastExit: null, givenUp: false };
  };
  const { usage, expect } = new ProcessUsage(observe, async () => null);
  try {
    assert.deepEqual([...(await usage([1])).keys()], []);
    assert.deepEqual([...(await usage([1])).keys()], [1]);
  } finally {
    for (const child of begun) {
      child.kill();
      await ended(child);
    }
  }
});
