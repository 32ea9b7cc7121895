import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryExecutor } from "#drivers/executors/memory.ts";
import { moment } from "../../test/factories.ts";
import { createWorld, eventually } from "../../test/engine-world.ts";
import type { EngineContext } from "./context.ts";
import { HealthWatch } from "./health.ts";
import { instanceLimits } from "#domain/limits.ts";

/** A watch whose clock is moved on by sleeping alone; the sleeps of more than a second are noted. */
async function watchOf(context: EngineContext) {
  const waits: number[] = [];
  let nowMs = moment.getTime();
  const clock = {
    now: () => new Date(nowMs),
    sleep: async (ms: number, signal?: AbortSignal) => {
      await new Promise((done) => setImmediate(done));
      signal?.throwIfAborted();
      nowMs += ms;
      if (ms > 1000) waits.push(ms / 1000);
    },
  };
  const stopping = new AbortController();
  const health = new HealthWatch({ ...context, clock }, () => {}, stopping.signal);
  return { health, waits, stopping };
}

test("what ends again and again is started again after a growing delay", async () => {
  await using world = await createWorld();
  const executor = createMemoryExecutor();
  executor.programs.set("crash", { kind: "exits", exit: { code: 1, signal: null } });
  await world.engine.createApp("shop", "ann");
  const health = { path: null, timeoutS: 30 };
  const row = world.store.instances.add({
    branchId: 1,
    processType: "web",
    index: 1,
    specHash: "x",
    spec: { artifactId: 1, command: "crash", env: {}, kind: "web", health, limits: instanceLimits },
    port: 1,
    createdAt: moment,
  });
  const watch = await watchOf({ ...world.context, executor });
  await using watcher = executor.watch((id) => void watch.health.onExit(id).catch(() => {}));
  await executor.start({ ...row, userNumber: 1, network: "open", logName: "1/1-web.1" });
  await eventually(() => watch.waits.length >= 8, "eight tries");
  watch.stopping.abort();
  assert.deepEqual(watch.waits.slice(0, 8), [10, 20, 40, 80, 160, 300, 300, 300]);
  assert.ok(watcher);
});
