import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld } from "../../test/engine-world.ts";

test("class 20, name collisions: no app takes a name that another app's may be, or where the console answers", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.createApp("shop", "ann");
  const { settings } = world.config;
  const add = (domain: string) => engine.addDomain("shop", domain, "ann");
  for (const name of ["blog", "shop--staging", "*"])
    await assert.rejects(add(`${name}.${settings.suffix}`), /is kept for the apps of these names/);
  const consoleUrl = "https://berth.example.com:8443";
  world.config = { ...world.config, settings: { ...settings, consoleUrl } };
  for (const name of ["berth.example.com", "*.example.com", "*.com"])
    await assert.rejects(add(name), /the console answers at berth\.example\.com/);
  world.config.settings.suffix = "example.com";
  await assert.rejects(
    engine.createApp("berth", "ann"),
    /the console answers at berth\.example\.com/,
  );
  world.config.settings.suffix = settings.suffix;
  for (const name of ["example.com", "www.example.com", "*.www.example.com", "a.b.localhost"])
    assert.equal((await add(name)).name, name);
});

test("class 14, sessions: no app takes an address at which the console may be open as well", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  const add = (name: string) => world.engine.addDomain("shop", name, "ann");
  await assert.rejects(add("127.0.0.1"), /the console may answer there, too/);
  assert.equal((await add("203.0.113.7")).name, "203.0.113.7");
  const { settings } = world.config;
  for (const apiAddress of ["*", "203.0.113.8"]) {
    const listen = { ...settings.listen, apiAddress };
    world.config = { ...world.config, settings: { ...settings, listen } };
    for (const name of ["203.0.113.8", "127.0.0.1", "10.1"])
      await assert.rejects(add(name), /the console may answer there, too/, name);
    assert.equal((await add("a1.example.com2")).name, "a1.example.com2");
  }
});

test("class 20, name collisions: no wildcard takes the names of apps that are not made yet", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  world.config = {
    ...world.config,
    settings: { ...world.config.settings, suffix: "apps.host.net" },
  };
  for (const name of ["*.apps.host.net", "*.host.net", "*.net"])
    await assert.rejects(world.engine.addDomain("shop", name, "ann"), /is kept for the apps/, name);
  assert.equal((await world.engine.addDomain("shop", "*.ost.net", "ann")).name, "*.ost.net");
});

test("class 18, from one app to another: no team cuts into another's wildcard, or puts one around its name", async () => {
  await using world = await createWorld();
  const { engine } = world;
  const { id } = engine.people.addTeam("others");
  for (const app of ["shop", "blog"]) await engine.createApp(app, "ann");
  await engine.createApp("evil", "eve", id);
  await engine.addDomain("shop", "*.shop.example.com", "ann");
  for (const name of ["login.shop.example.com", "a.b.shop.example.com", "*.b.shop.example.com"])
    await assert.rejects(engine.addDomain("evil", name, "eve"), {
      code: "domain_taken",
      message: "*.shop.example.com already belongs to shop.",
    });
  for (const name of ["*.example.com", "*.com"])
    await assert.rejects(engine.addDomain("evil", name, "eve"), { code: "domain_taken" });
  await engine.addDomain("blog", "blog.shop.example.com", "ann");
  for (const name of ["shop.example.com", "workshop.example.com", "*.other.example.com"])
    assert.equal((await engine.addDomain("evil", name, "eve")).name, name);
});

test("a domain that leads to the app already may be added again, which changes nothing", async () => {
  await using world = await createWorld();
  const { engine, store } = world;
  for (const app of ["shop", "blog"]) await engine.createApp(app, "ann");
  const first = await engine.addDomain("shop", "shop.example.com", "ann");
  assert.deepEqual(await engine.addDomain("shop", "Shop.example.com", "ann"), first);
  const added = store.events.list({ types: ["domain.added"], before: null, limit: 9 });
  assert.equal(added.length, 1);
  await assert.rejects(engine.addDomain("blog", "shop.example.com", "ann"), {
    code: "domain_taken",
  });
});

test("class 22, exhaustion: an app has only so many domains", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.createApp("shop", "ann");
  for (let count = 0; count < 250; count += 1)
    await engine.addDomain("shop", `d${count}.example.com`, "ann");
  await assert.rejects(engine.addDomain("shop", "one.example.com", "ann"), /has 250 domains/);
  await engine.removeDomain("shop", "d7.example.com", "ann");
  await engine.addDomain("shop", "one.example.com", "ann");
});
