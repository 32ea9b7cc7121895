import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createOnce } from "#engine/once.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Engine } from "#engine/engine.ts";
import { machineClock } from "#lib/clock.ts";
import { createFakeEngine, type FakeEngine } from "../../../test/fake-engine.ts";
import { createWorld } from "../../../test/engine-world.ts";
import { startPeople, type Browser } from "../../../test/people-world.ts";
import { openWith } from "../../../test/signed-in.ts";
import { createHttpServer } from "./server.ts";

type Answer = {
  readonly status: number;
  readonly isRepeated: boolean;
  readonly body: Record<string, unknown>;
};
type World = {
  readonly engine: FakeEngine;
  readonly post: (path: string, body: object, key?: string) => Promise<Answer>;
};

async function startServer(t: TestContext, overrides: Partial<Engine> = {}): Promise<World> {
  const engine = createFakeEngine(overrides);
  const server = createHttpServer({
    engine,
    version: "1",
    tokenOk: () => true,
    log: { error: () => {} },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const url = `http://127.0.0.1:${await server.listenTcp("127.0.0.1", 0)}`;
  return {
    engine,
    post: async (path, body, key) => {
      const headers = {
        authorization: "Bearer token",
        "content-type": "application/json",
        ...(key === undefined ? {} : { "idempotency-key": key }),
      };
      const sent = { method: "POST", headers, body: JSON.stringify(body) };
      const answer = await fetch(`${url}/api/v1${path}`, sent);
      const isRepeated = answer.headers.get("idempotency-replayed") === "true";
      return { status: answer.status, isRepeated, body: (await answer.json()) as Answer["body"] };
    },
  };
}

test("the same request with the same key is carried out once and answered as before", async (t) => {
  const { post, engine } = await startServer(t);
  const first = await post("/apps/shop/rollback", { release: 3 }, "k-1");
  const again = await post("/apps/shop/rollback", { release: 3 }, "k-1");
  assert.deepEqual([first.status, first.isRepeated], [200, false]);
  assert.deepEqual(again, { ...first, isRepeated: true });
  assert.equal(engine.calls.filter((call) => call.startsWith("rollback")).length, 1);
  await post("/apps/shop/rollback", { release: 3 }, "k-2");
  await post("/apps/shop/rollback", { release: 3 });
  assert.equal(engine.calls.filter((call) => call.startsWith("rollback")).length, 3);
});

test("a key that was used for something else is refused", async (t) => {
  const { post, engine } = await startServer(t);
  await post("/apps/shop/rollback", { release: 3 }, "k-1");
  const other = await post("/apps/shop/rollback", { release: 2 }, "k-1");
  assert.deepEqual([other.status, other.body["code"]], [409, "key_reused"]);
  assert.equal(engine.calls.length, 1);
  const odd = await post("/apps/shop/rollback", { release: 2 }, "with space");
  assert.deepEqual([odd.status, odd.body["code"]], [400, "invalid_input"]);
});

test("a key is its owner's: whoever else sends the same is judged by what they may do", async (t) => {
  const world = await startPeople(t);
  for (const name of ["ann", "bob"])
    world.people.addUser({ name, email: null, superuser: name === "ann" });
  const [ann, bob] = [await openWith(world, "ann"), await openWith(world, "bob")];
  const stop = async (browser: Browser) => {
    const headers = { "idempotency-key": "k" };
    const { status, ...answer } = await browser.send("POST", "/api/v1/apps/shop/stop", {}, headers);
    return [status, answer.headers.get("idempotency-replayed")];
  };
  assert.deepEqual(await stop(ann), [200, null]);
  assert.deepEqual(await stop(bob), [404, null]);
  assert.deepEqual(await stop(ann), [200, "true"]);
});

test("two at once are one, and both get its answer", async (t) => {
  const gate = Promise.withResolvers<void>();
  let begun = 0;
  const { post } = await startServer(t, {
    rebuild: async () => {
      begun += 1;
      await gate.promise;
      return [];
    },
  });
  const both = [post("/rebuild", {}, "k"), post("/rebuild", {}, "k")];
  await new Promise((wait) => setTimeout(wait, 50));
  gate.resolve();
  const answers = await Promise.all(both);
  assert.equal(begun, 1);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  assert.equal(answers.filter(({ isRepeated }) => isRepeated).length, 1);
});

test("what was refused gives its key back", async (t) => {
  let isReady = false;
  const { post } = await startServer(t, {
    rebuild: async () => {
      if (!isReady) throw new PlatformError("stopping");
      return [];
    },
  });
  assert.equal((await post("/rebuild", {}, "k")).status, 503);
  isReady = true;
  assert.equal((await post("/rebuild", {}, "k")).status, 200);
});

test("a request that a restart cut off is never carried out a second time", async () => {
  await using world = await createWorld();
  const place = { caller: "user 1", key: "k" };
  const killed = createOnce({ store: world.store, clock: machineClock });
  assert.equal(killed.begin(place, "print"), "new");
  const next = createOnce({ store: world.store, clock: machineClock });
  assert.throws(() => next.begin(place, "print"), { code: "key_in_doubt" });
  assert.equal(next.begin({ caller: "user 2", key: "k" }, "print"), "new");
});

test("an answer that is shown once is not kept", async () => {
  await using world = await createWorld();
  const once = createOnce({ store: world.store, clock: machineClock });
  const place = { caller: "user 1", key: "k" };
  assert.equal(once.begin(place, "print"), "new");
  const answer = await once.carryOut(place, { work: async () => "s3cret", keep: false });
  assert.equal(answer, "s3cret");
  assert.equal(world.store.once.get(place)?.answer, null);
  assert.throws(() => once.begin(place, "print"), { code: "answer_shown_once" });
});
