import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, eventually, type World } from "../../test/engine-world.ts";

const ofShop = { target: "shop", team: null } as const;

async function listening(events: "deploy.failed" | "release.current"): Promise<World> {
  const world = await createWorld();
  await world.engine.createApp("shop", "ann");
  await world.engine.createApp("blog", "ann");
  await world.engine.addNotification(
    { ...ofShop, kind: "webhook", address: "https://a.test/x", events: [events] },
    "ann",
  );
  return world;
}

const messages = ({ notifier }: World) =>
  notifier.taken.map(({ delivery: { event } }) => `${event.type} ${event.target}`);

test("who listens to an app is told of its events, of those asked for, and of no other app's", async () => {
  await using world = await listening("release.current");
  await world.push("blog");
  await world.push("shop");
  await eventually(() => messages(world).length > 0, "somebody is told");
  assert.deepEqual(messages(world), ["release.current shop"]);
  assert.equal(world.notifier.taken[0]?.to, "https://a.test/x");
  const [status] = await world.engine.listNotifications(ofShop);
  assert.equal(status?.address, "https://a.test/…", "a token in it is not shown");
  assert.ok(status?.lastSuccessAt);
});

test("the installation's listeners are told of every app", async () => {
  await using world = await createWorld();
  await world.engine.addNotification(
    { target: null, team: null, kind: "chat", address: "https://a.test/x", events: null },
    "ann",
  );
  for (const app of ["shop", "blog"]) {
    await world.engine.createApp(app, "ann");
    await world.push(app);
  }
  await eventually(() => messages(world).length === 2, "both are told");
  assert.deepEqual(messages(world), ["release.current shop", "release.current blog"]);
  assert.deepEqual(await world.engine.listNotifications(ofShop), []);
});

test("a team's listeners are told of its apps, wherever these go, and of no other's", async () => {
  await using world = await createWorld();
  const { teams } = world.store.people;
  const other = teams.add({ name: "other", createdAt: new Date() });
  const ofOther = { target: null, team: "other" } as const;
  await world.engine.addNotification(
    { ...ofOther, kind: "webhook", address: "https://a.test/x", events: ["release.current"] },
    "ann",
  );
  for (const name of ["shop", "blog"]) {
    const { id } = await world.engine.createApp(name, "ann");
    if (name === "blog") world.store.apps.update(id, { teamId: other.id });
    await world.push(name);
  }
  await eventually(() => messages(world).length > 0, "somebody is told");
  assert.deepEqual(messages(world), ["release.current blog"]);
  assert.equal((await world.engine.listNotifications(ofOther))[0]?.team, "other");
  const unknown = world.engine.listNotifications({ target: null, team: "nobody" });
  await assert.rejects(unknown, { code: "team_not_found" });
});

test("what is not taken is tried again later, under the same id, also by the next berthd", async () => {
  await using world = await listening("release.current");
  const told: unknown[] = [];
  using _listening = world.engine.listen(({ of }) => void told.push(of));
  world.notifier.problem = "it answered with status 500";
  await world.push("shop");
  await eventually(() => world.notifier.tries.length > 0, "it was tried");
  const [status] = await world.engine.listNotifications(ofShop);
  assert.deepEqual([status?.lastError, status?.waiting], ["it answered with status 500", 1]);
  assert.ok(told.includes("notifications"));
  await world.restart();
  world.notifier.problem = null;
  await eventually(() => world.notifier.taken.length > 0, "it is taken in the end");
  assert.equal(new Set(world.notifier.tries).size, 1);
  assert.equal((await world.engine.listNotifications(ofShop))[0]?.waiting, 0);
  assert.equal((await world.engine.listNotifications(ofShop))[0]?.lastError, null);
});

test("an event that came while nobody looked is told after the restart, an older one is not", async () => {
  await using world = await listening("release.current");
  await world.push("shop");
  await eventually(() => world.notifier.taken.length === 1, "the first is told");
  await world.engine[Symbol.asyncDispose]();
  const branch = world.store.branches.list().find(({ appName }) => appName === "shop");
  const row = {
    appId: branch?.appId ?? 0,
    target: "shop",
    actor: "ann",
    door: "cli",
    message: "v2",
  } as const;
  world.store.events.add({ ...row, at: new Date(), type: "release.current" });
  await world.restart();
  await eventually(() => world.notifier.taken.length === 2, "the second is told");
  assert.equal(world.notifier.taken[1]?.delivery.event.message, "v2");
});

test("who is told can be told of other events, and at another address, with the same secret", async () => {
  await using world = await listening("deploy.failed");
  const { engine, store } = world;
  const [before] = store.notifications.list();
  const id = before?.id ?? 0;
  const events = ["release.current"] as const;
  const changed = await engine.setNotification(ofShop, { id, events }, "bob");
  assert.deepEqual(changed.events, events);
  const address = "https://b.test/y";
  assert.equal(
    (await engine.setNotification(ofShop, { id, address }, "bob")).address,
    "https://b.test/…",
  );
  const after = store.notifications.get(id);
  assert.deepEqual(after?.events, events);
  assert.equal(after?.signingSecret?.reveal(), before?.signingSecret?.reveal());
  await world.push("shop");
  await eventually(() => messages(world).length > 0, "somebody is told");
  assert.equal(world.notifier.taken[0]?.to, address);
  const noted = store.events
    .list({ limit: 9 })
    .filter(({ type }) => type === "notification.changed");
  assert.equal(noted.length, 2);
});

test("an app that is gone takes its listeners and their messages with it", async () => {
  await using world = await listening("release.current");
  world.notifier.problem = "away";
  await world.push("shop");
  await eventually(() => world.notifier.tries.length > 0, "it was tried");
  await world.ended(await world.engine.destroyApp("shop", "ann"));
  assert.deepEqual(world.store.notifications.list(), []);
  assert.deepEqual(world.store.deliveries.due(new Date(8e15), 10), []);
});

test("a listener of another app cannot be removed or tried by its number", async () => {
  await using world = await listening("release.current");
  const [only] = world.store.notifications.list();
  const others = [
    { ...ofShop, target: "blog" },
    { target: null, team: null },
    { target: null, team: "main" },
  ];
  for (const of of others) {
    const code = { code: "notification_not_found" };
    const change = { id: only?.id ?? 0, address: "https://evil.test" };
    await assert.rejects(world.engine.setNotification(of, change, "bob"), code);
    await assert.rejects(world.engine.removeNotification(of, only?.id ?? 0, "bob"), code);
    await assert.rejects(world.engine.testNotification(of, only?.id ?? 0, "bob"), code);
  }
  world.notifier.problem = "it answered with status 410";
  await assert.rejects(world.engine.testNotification(ofShop, only?.id ?? 0, "ann"), {
    code: "notification_failed",
    message: /https:\/\/a.test\/… did not take the message: it answered with status 410/,
  });
  await world.engine.removeNotification(ofShop, only?.id ?? 0, "ann");
  assert.deepEqual(await world.engine.listNotifications(ofShop), []);
});

test("an app that keeps ending is told of once, not each time it ends", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  await world.push("shop");
  await world.engine.addNotification(
    { ...ofShop, kind: "mail", address: "ops@example.com", events: null },
    "ann",
  );
  const id = world.store.instances.list()[0]?.id ?? 0;
  const exit = { code: 1, signal: null };
  world.executor.programs.set("node server.js", { kind: "exits", exit });
  world.executor.crash(id, exit);
  await world.executor.revive(id);
  const crashes = () => messages(world).filter((it) => it === "instance.crashing shop").length;
  await eventually(() => crashes() === 1, "it is told");
  await world.executor.revive(id);
  await new Promise((wait) => setTimeout(wait, 300));
  assert.equal(crashes(), 1);
});

test("class 22, exhaustion: an app tells only so many receivers", async () => {
  await using world = await listening("release.current");
  const add = (target: string) =>
    world.engine.addNotification(
      { target, team: null, kind: "webhook", address: "https://b.test/", events: null },
      "ann",
    );
  for (let count = 1; count < 20; count += 1) await add("shop");
  await assert.rejects(add("shop"), { code: "too_many_notifications" });
  await add("blog");
});
