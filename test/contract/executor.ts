import assert from "node:assert/strict";
import { test } from "node:test";
import type { Executor, InstanceStart } from "#domain/executor.ts";
import { instanceLimits } from "#domain/limits.ts";
import { freePort } from "../machine.ts";

export type ExecutorWorld = AsyncDisposable & {
  readonly executor: Executor;
  /** Command lines: one that listens on $PORT, one that ends with code 3, one that does nothing. */
  readonly commands: { readonly serves: string; readonly exits: string; readonly idles: string };
};

type Check = (
  sentence: string,
  body: (world: ExecutorWorld, startOf: StartOf) => Promise<void>,
) => void;
type StartOf = (
  id: number,
  program: keyof ExecutorWorld["commands"],
  port?: number | null,
) => InstanceStart;

/** What every executor promises. */
export function executorContract(name: string, create: () => Promise<ExecutorWorld>): void {
  const check: Check = (sentence, body) => {
    test(`${name}: ${sentence}`, async () => {
      await using world = await create();
      const health = { path: null, timeoutS: 30 };
      await body(world, (id, program, port = null) => ({
        id,
        spec: {
          artifactId: 1,
          command: world.commands[program],
          env: {},
          kind: "web",
          health,
          limits: instanceLimits,
        },
        userNumber: 1,
        network: "open",
        port,
        logName: `1/${id}-web.1`,
      }));
    });
  };
  lifeContract(check);
  healthContract(check);
}

function lifeContract(check: Check): void {
  check("an instance runs from start to stop, and both may be repeated", async (world, startOf) => {
    const { executor } = world;
    const start = startOf(1, "serves", await freePort());
    await executor.start(start);
    await until(async () => (await executor.observe(1)).state === "running");
    const { pid } = await executor.observe(1);
    await executor.start(start);
    assert.equal((await executor.observe(1)).pid, pid);
    assert.deepEqual(
      (await executor.list()).map(({ id, state }) => [id, state]),
      [[1, "running"]],
    );
    await executor.stop(1, 2000);
    await executor.stop(1, 2000);
    assert.equal((await executor.observe(1)).state, "gone");
    assert.deepEqual(await executor.list(), []);
  });

  check("stopping one leaves the others", async ({ executor }, startOf) => {
    for (const id of [1, 11]) await executor.start(startOf(id, "idles"));
    await executor.stop(1, 2000);
    assert.deepEqual(
      (await executor.list()).map(({ id }) => id),
      [11],
    );
    await executor.stop(11, 2000);
  });

  check("an end is told with its code", async ({ executor }, startOf) => {
    const ends: number[] = [];
    await using watcher = executor.watch((id) => ends.push(id));
    assert.ok(watcher);
    await executor.start(startOf(7, "exits"));
    await until(async () => (await executor.observe(7)).lastExit !== null);
    assert.deepEqual((await executor.observe(7)).lastExit, { code: 3, signal: null });
    await until(async () => ends.length > 0);
    assert.ok(ends.every((id) => id === 7));
    await executor.stop(7, 0);
    assert.equal((await executor.observe(7)).lastExit, null);
  });

  check("nothing is told once nobody watches", async ({ executor }, startOf) => {
    const ends: number[] = [];
    await executor.watch((id) => ends.push(id))[Symbol.asyncDispose]();
    await executor.start(startOf(7, "exits"));
    await until(async () => (await executor.observe(7)).lastExit !== null);
    await executor.stop(7, 0);
    assert.deepEqual(ends, []);
  });

  check("an instance that is not there is gone, and may be revived in vain", async (world) => {
    const { executor } = world;
    await executor.revive(99);
    const observed = await executor.observe(99);
    assert.deepEqual([observed.state, observed.pid, observed.lastExit], ["gone", null, null]);
  });
}

function healthContract(check: Check): void {
  check("an instance is healthy once it listens on its port", async ({ executor }, startOf) => {
    const port = await freePort();
    const start = startOf(1, "serves", port);
    await executor.start(start);
    await until(async () => (await executor.check(start)).healthy);
    assert.deepEqual(await executor.busyPorts([port]), new Set([port]));
    await executor.stop(1, 2000);
    assert.deepEqual(await executor.busyPorts([port]), new Set());
  });

  check("one that does not listen is told apart, in words", async ({ executor }, startOf) => {
    const port = await freePort();
    const start = startOf(1, "idles", port);
    await executor.start(start);
    const answer = await executor.check(start);
    assert.equal(answer.healthy, false);
    assert.match(answer.healthy ? "" : answer.problem, /nothing listens on port \d+/);
    assert.deepEqual(answer.healthy ? null : await answer.listening(), []);
    await executor.stop(1, 2000);
  });

  check("what has no port has nothing to answer", async ({ executor }, startOf) => {
    const start = startOf(1, "idles");
    await executor.start(start);
    assert.deepEqual(await executor.check(start), { healthy: true });
    await executor.stop(1, 2000);
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, "it did not come about in time");
    await new Promise((wait) => setTimeout(wait, 10));
  }
}
