import assert from "node:assert/strict";
import { test } from "node:test";
import { HostSettings } from "#domain/host-config.ts";
import { createWorld, type World } from "../../test/engine-world.ts";
import { prunePast } from "./retention.ts";

const never = new AbortController().signal;
const past = { eventsDays: 30, eventsMax: 1000, jobsDays: 30, jobsMax: 100, jobLogsMb: 10 };

async function pastWorld(): Promise<World> {
  const settings = HostSettings.parse({ retention: past });
  const world = await createWorld({ settings });
  await world.engine.createApp("shop", "ann");
  return world;
}

function addJob({ store }: World, at: Date, status: "done" | "waiting" = "done"): number {
  const about = { branchId: null, appId: 1, target: "shop", actor: "ann", door: "cli" } as const;
  const { id } = store.jobs.add({ ...about, kind: "destroy", input: {}, createdAt: at });
  if (status === "waiting") return id;
  store.jobs.setStatus(id, "running", { at, error: null });
  store.jobs.setStatus(id, "done", { at, error: null });
  return id;
}

test("what is older than is kept goes, the newest stays", async () => {
  await using world = await pastWorld();
  const { store, context } = world;
  const now = context.clock.now();
  const long = new Date(now.getTime() - 31 * 86_400_000);
  const event = { type: "app.created", appId: 1, target: "shop", actor: "ann" } as const;
  for (let count = 0; count < 1200; count += 1) {
    store.events.add({ ...event, door: "cli", at: long, message: "old" });
  }
  store.events.add({ ...event, door: "cli", at: now, message: "new" });
  const [old, waiting, fresh] = [
    addJob(world, long),
    addJob(world, long, "waiting"),
    addJob(world, now),
  ];
  context.jobLog.append(old, "gone");
  context.jobLog.append(fresh, "kept");
  context.jobLog.append(9999, "of a job that no row knows");
  store.once.add({ caller: "c", key: "old" }, { fingerprint: "f", createdAt: long });
  store.once.add({ caller: "c", key: "new" }, { fingerprint: "f", createdAt: now });
  await prunePast(context, never);
  const messages = store.events.list({ limit: 5000 }).map(({ message }) => message);
  assert.ok(!messages.includes("old") && messages.includes("new"));
  assert.equal(store.jobs.get(old), null);
  assert.equal(store.jobs.get(waiting)?.status, "waiting");
  assert.equal(store.jobs.get(fresh)?.status, "done");
  assert.deepEqual(await context.jobLog.ids(), [fresh]);
  assert.equal(store.once.get({ caller: "c", key: "old" }), null);
  assert.ok(store.once.get({ caller: "c", key: "new" }));
});

test("however young, no more than the settings say is kept", async () => {
  await using world = await pastWorld();
  const { store, context } = world;
  const at = context.clock.now();
  const event = { type: "app.created", appId: 1, target: "shop", actor: "ann" } as const;
  for (let count = 0; count < 2300; count += 1) {
    store.events.add({ ...event, door: "cli", at, message: String(count) });
  }
  for (let count = 0; count < 250; count += 1) addJob(world, at);
  await prunePast(context, never);
  const kept = store.events.list({ limit: 5000 });
  assert.ok(kept.length <= 1000 && kept.length > 900, String(kept.length));
  assert.equal(kept[0]?.message, "2299");
  assert.equal(store.jobs.list({ limit: 5000 }).length, 100);
});

test("the output of all jobs fills no more than the settings say, whoever's jobs they are", async () => {
  await using world = await pastWorld();
  const { context } = world;
  const at = context.clock.now();
  const open = addJob(world, at, "waiting");
  const ended = Array.from({ length: 5 }, () => addJob(world, at));
  for (const id of [open, ...ended]) context.jobLog.append(id, Buffer.alloc(3_000_000, "x"));
  await prunePast(context, never);
  const kept = [open, ...ended.slice(-3)];
  assert.deepEqual(
    (await context.jobLog.ids()).toSorted((a, b) => a - b),
    kept,
  );
});
