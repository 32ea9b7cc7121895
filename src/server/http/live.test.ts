import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Engine } from "#engine/engine.ts";
import { createFakeEngine, type FakeEngine } from "../../../test/fake-engine.ts";
import { doneJob } from "../../../test/fake-nouns.ts";
import { madeShop } from "../../../test/factories.ts";
import { WrittenEvent } from "./event-stream.ts";
import { liveHubOf, type Asked } from "./live.ts";
import { LiveClient, type Visible } from "./live-client.ts";

type Told = { readonly type: string } & Readonly<Record<string, unknown>>;

const event = { ...madeShop, id: 7 };

/** A client of the stream, whose next event is given by `next`; the first one has been read. */
async function open(
  engine: FakeEngine,
  topics: readonly string[],
  {
    visible = null,
    mayRun = null,
    after = null,
    hears = () => true,
  }: Partial<Pick<Asked, "hears" | "after" | "mayRun">> & { visible?: Visible } = {},
) {
  const gone = new AbortController();
  const events = liveHubOf(engine).open({
    topics,
    after,
    visible: () => visible,
    mayRun,
    hears,
    signal: gone.signal,
  });
  const next = async (): Promise<Told> => {
    const { value, done } = await events.next();
    assert.ok(!done && value instanceof WrittenEvent, "an event comes");
    return JSON.parse(/^data: (.*)$/m.exec(value.text)?.[1] ?? "") as Told;
  };
  const client = {
    next,
    [Symbol.asyncDispose]: async () => {
      gone.abort();
      await events.return(null);
    },
  };
  assert.equal((await next()).type, "hello");
  return client;
}

test("changes that come together are told once, as the thing is now", async () => {
  const engine = createFakeEngine();
  await using client = await open(engine, ["apps", "jobs"]);
  engine.change({ of: "app", app: "shop", isGone: false });
  engine.change({ of: "app", app: "shop", isGone: false });
  engine.change({ of: "event", event });
  engine.change({ of: "job", job: doneJob.id });
  const [first, second] = [await client.next(), await client.next()];
  assert.deepEqual([first.type, second.type], ["app", "job"]);
  assert.ok(!JSON.stringify(first).includes("s3cret"));
});

test("a topic may be of one app", async () => {
  const engine = createFakeEngine();
  await using client = await open(engine, ["apps:blog", "events:shop"]);
  engine.change({ of: "app", app: "shop", isGone: false });
  engine.change({ of: "event", event });
  assert.equal((await client.next())["id"], 7);
});

test("what somebody may not see is not told, not even that there is something", async () => {
  const engine = createFakeEngine();
  await using client = await open(engine, ["apps", "jobs", "events"], { visible: new Set([2]) });
  engine.change({ of: "app", app: "shop", isGone: false });
  engine.change({ of: "job", job: doneJob.id });
  engine.change({ of: "event", event });
  engine.change({ of: "event", event: { ...event, id: 8, appId: null, target: null } });
  engine.change({ of: "event", event: { ...event, id: 9, appId: 2, target: "blog" } });
  assert.equal((await client.next())["id"], 9);
});

test("the log of an app that somebody may not see is refused like that of an unknown one", async () => {
  const engine = createFakeEngine();
  const opened = open(engine, ["logs:shop"], { visible: new Set([2]) });
  await assert.rejects(opened, { code: "app_not_found", message: "No app is named shop." });
  await assert.rejects(open(engine, ["output:12"], { visible: new Set() }), {
    code: "job_not_found",
  });
});

test("events that were missed come first, oldest first, and none twice", async () => {
  const missed = [9, 8].map((id) => ({ ...event, id }));
  const listEvents: Engine["listEvents"] = async () => missed;
  const engine = createFakeEngine({ listEvents });
  await using client = await open(engine, ["events"], { after: 7 });
  engine.change({ of: "event", event: { ...event, id: 9 } });
  engine.change({ of: "event", event: { ...event, id: 10 } });
  const ids = [await client.next(), await client.next(), await client.next()];
  assert.deepEqual(
    ids.map(({ id }) => id),
    [8, 9, 10],
  );
});

test("log lines and a job's output come through the same stream", async () => {
  const engine = createFakeEngine();
  await using client = await open(engine, ["logs:shop", "output:12"]);
  const both = [await client.next(), await client.next()];
  assert.deepEqual(both.map(({ type }) => type).toSorted(), ["log", "output"]);
});

test("that drains or notifications do otherwise is told once for many times, to whoever may see it", async () => {
  const engine = createFakeEngine();
  const hears: Asked["hears"] = ({ whose }) => JSON.stringify(whose) === '{"appId":1}';
  await using theirs = await open(engine, ["drains", "notifications"], { hears });
  await using all = await open(engine, ["drains:shop", "notifications"]);
  const ofApp = (appId: number) => ({ whose: { appId } });
  for (let count = 0; count < 1000; count += 1) {
    engine.change({ of: "drains", target: "shop@staging", ...ofApp(1) });
  }
  engine.change({ of: "drains", target: "blog", ...ofApp(2) });
  engine.change({ of: "notifications", target: null, team: null, whose: null });
  engine.change({ of: "metrics", whose: "everybody" });
  engine.change({ of: "notifications", target: "shop", team: null, ...ofApp(1) });
  const drains = { type: "drains", target: "shop@staging" };
  const [shop, everything] = ["shop", null].map((target) => ({
    type: "notifications",
    target,
    team: null,
  }));
  assert.deepEqual(
    [await all.next(), await all.next(), await all.next()],
    [drains, everything, shop],
  );
  assert.deepEqual([await theirs.next(), await theirs.next()], [drains, shop]);
});

test("what a one-off command printed is told to those alone who may run one", async () => {
  const engine = createFakeEngine({ job: async (id) => ({ ...doneJob, id, kind: "run" }) });
  const jobs = new Set([doneJob.appId ?? 0]);
  await using viewer = await open(engine, ["output:12", "jobs"], {
    visible: jobs,
    mayRun: new Set(),
  });
  await using runner = await open(engine, ["output:12", "jobs"], { visible: jobs, mayRun: jobs });
  assert.equal((await runner.next()).type, "output");
  assert.match(String((await viewer.next())["text"]), /^\[What it printed is shown to those/);
  engine.change({ of: "job", job: 12 });
  assert.equal((await viewer.next()).type, "job");
});

test("a client that does not read is told to load again, and costs no more memory", async () => {
  const slow = new LiveClient({
    topics: ["events"],
    visible: () => null,
    hears: () => true,
  });
  for (let count = 0; count < 10_000; count += 1) slow.tell(new WrittenEvent({ type: "event" }));
  let poured = 0;
  const piece = new WrittenEvent({ type: "output" });
  const tail = (async () => {
    for (; poured < 1000; poured += 1) await slow.pour(piece);
  })();
  await setImmediate();
  assert.ok(poured <= 256);
  const waiting = await slow.take();
  assert.ok(waiting.length <= 512);
  assert.match(waiting[0]?.text ?? "", /"resync"/);
  let taken = waiting.filter((it) => it === piece).length;
  while (taken < 1000) taken += (await slow.take()).length;
  await tail;
  assert.equal(taken, 1000, "nothing of a tail is lost");
});

test("nobody listens to the engine any more once the last client is gone", async () => {
  const engine = createFakeEngine();
  const [first, second] = [await open(engine, ["apps"]), await open(engine, ["jobs"])];
  assert.equal(engine.listeners.size, 1);
  await first[Symbol.asyncDispose]();
  assert.equal(engine.listeners.size, 1);
  await second[Symbol.asyncDispose]();
  assert.equal(engine.listeners.size, 0);
});
