import assert from "node:assert/strict";
import { test } from "node:test";
import { createRun } from "#api/runs.ts";
import type { Caller } from "#domain/caller.ts";
import { machineCaller } from "#engine/people/callers.ts";
import { createFakeEngine } from "../../../test/fake-engine.ts";
import { handlers } from "./handlers.ts";
import { createOpenStreams } from "./open-streams.ts";

test("a one-off command ends when its person may run commands no more, and is forgotten at its end", async () => {
  const engine = createFakeEngine();
  const streams = createOpenStreams();
  const caller = machineCaller("ann", { door: "cli", address: null });
  let now: Caller = caller;
  let watched = 0;
  const call = {
    params: { target: "shop" },
    query: {},
    body: { command: "serve" },
    caller,
    signal: new AbortController().signal,
    watch: (what: { mayStay: (now: Caller) => boolean; cut: () => void }) => {
      watched += 1;
      const release = streams.add({ again: () => now, ...what });
      return () => {
        watched -= 1;
        release();
      };
    },
  };
  const handler = handlers.find(({ operation }) => operation === createRun);
  await handler?.run(call, engine);
  await streams.check();
  assert.equal(watched, 1);
  assert.ok(!engine.calls.some((it) => it.startsWith("abortJob")));
  now = { ...caller, access: { everywhere: new Set(), teams: new Map(), apps: new Map() } };
  await streams.check();
  assert.ok(engine.calls.includes("abortJob 1 berth"));
  engine.change({ of: "job", job: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(watched, 0);
  assert.equal(engine.listeners.size, 0);
});
