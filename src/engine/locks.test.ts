import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedLock, Semaphore } from "./locks.ts";

const tick = () => new Promise<void>((done) => setImmediate(done));

test("work of the same key runs in order, work of another one beside it", async () => {
  const lock = new KeyedLock<string>();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work = (name: string, wait?: Promise<void>) => async () => {
    await wait;
    seen.push(name);
  };
  const all = [
    lock.run("a", work("a1", gate.promise)),
    lock.run("a", work("a2")),
    lock.run("b", work("b1")),
  ];
  await tick();
  assert.deepEqual(seen, ["b1"]);
  gate.resolve();
  await Promise.all(all);
  assert.deepEqual(seen, ["b1", "a1", "a2"]);
});

test("work that fails holds nobody up", async () => {
  const lock = new KeyedLock<string>();
  const failing = lock.run("a", () => Promise.reject(new Error("broken")));
  const next = lock.run("a", () => Promise.resolve("fine"));
  await assert.rejects(failing, /broken/);
  assert.equal(await next, "fine");
});

test("no more works run at once than the limit says, and in the order of their coming", async () => {
  let most = 1;
  const semaphore = new Semaphore(() => most);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const all = gates.map((gate, number) =>
    semaphore.run(async () => {
      begun.push(number);
      await gate.promise;
    }),
  );
  await tick();
  assert.deepEqual(begun, [0]);
  gates[0]?.resolve();
  await tick();
  assert.deepEqual(begun, [0, 1]);
  most = 2;
  gates[1]?.resolve();
  await tick();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  for (const gate of gates) gate.resolve();
  await Promise.all(all);
});

test("who stops waiting leaves the line, and gives nobody's place away", async () => {
  const semaphore = new Semaphore(() => 1);
  const gate = Promise.withResolvers<void>();
  const first = semaphore.run(() => gate.promise);
  const abort = new AbortController();
  const second = semaphore.run(() => Promise.resolve(), abort.signal);
  const third = semaphore.run(() => Promise.resolve("third"));
  abort.abort(new Error("enough"));
  await assert.rejects(second, /enough/);
  gate.resolve();
  await first;
  assert.equal(await third, "third");
  await assert.rejects(
    semaphore.run(() => Promise.resolve(), abort.signal),
    /enough/,
  );
});
