import assert from "node:assert/strict";
import { test } from "node:test";
import { revealVars } from "#domain/config-var.ts";
import { Secret } from "#domain/secret.ts";
import { createWorld } from "../../test/engine-world.ts";

test("a changed secret replaces the instances; the same value again changes nothing", async () => {
  await using world = await createWorld();
  const { engine, store } = world;
  await engine.createApp("shop", "ann");
  await world.push("shop");
  await world.ended(await engine.setConfigVars("shop", { KEY: Secret.of("one") }, "ann"));
  const [first] = store.instances.list();
  assert.equal(revealVars(first?.spec.env ?? {})["KEY"], "one");
  assert.equal(await engine.setConfigVars("shop", { KEY: Secret.of("one") }, "ann"), null);
  assert.equal(await engine.setConfigVars("shop", { KEY: "one" }, "ann"), null);
  await world.ended(await engine.setConfigVars("shop", { KEY: "two" }, "ann"));
  const [second] = store.instances.list();
  assert.notEqual(second?.id, first?.id);
  assert.equal(revealVars(second?.spec.env ?? {})["KEY"], "two");
  assert.ok((await engine.configVars("shop"))["KEY"] instanceof Secret);
});

test("a plain value for a var that is about to be a secret is a secret, too", async () => {
  await using world = await createWorld();
  const { engine, store } = world;
  await engine.createApp("shop", "ann");
  await world.push("shop");
  const [first, second] = await Promise.all([
    engine.setConfigVars("shop", { KEY: Secret.of("one") }, "ann"),
    engine.setConfigVars("shop", { KEY: "two" }, "ann"),
  ]);
  assert.ok(store.jobs.get(second?.id ?? 0)?.input.changes?.env?.["KEY"] instanceof Secret);
  await world.ended(first);
  await world.ended(second);
  assert.deepEqual(revealVars(await engine.configVars("shop")), { KEY: "two" });
  assert.ok((await engine.configVars("shop"))["KEY"] instanceof Secret);
});

test("a rollback to before a var was a secret keeps it one", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.createApp("shop", "ann");
  await world.push("shop");
  await world.ended(await engine.setConfigVars("shop", { KEY: "plain" }, "ann"));
  await world.ended(await engine.setConfigVars("shop", { KEY: Secret.of("hidden") }, "ann"));
  await world.ended(await engine.rollback("shop", null, "ann"));
  const vars = await engine.configVars("shop");
  assert.ok(vars["KEY"] instanceof Secret);
  assert.deepEqual(revealVars(vars), { KEY: "plain" });
});

test("that a secret was revealed is an event with its name; plain values need none", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.createApp("shop", "ann");
  await engine.setConfigVars("shop", { KEY: Secret.of("hidden"), COLOUR: "red" }, "ann");
  assert.deepEqual(await engine.revealConfigVars("shop", ["COLOUR"], "bob"), { COLOUR: "red" });
  const all = await engine.revealConfigVars("shop", null, "bob");
  assert.deepEqual(all, { KEY: "hidden", COLOUR: "red" });
  const missing = { code: "config_var_not_found" };
  await assert.rejects(engine.revealConfigVars("shop", ["toString"], "bob"), missing);
  const events = await engine.listEvents({ target: "shop", visible: null, limit: 9 });
  assert.deepEqual(
    events.filter(({ type }) => type === "secret.revealed").map((it) => [it.actor, it.message]),
    [["bob", "The value of KEY was shown."]],
  );
  assert.doesNotMatch(JSON.stringify(events), /hidden/);
});

test("a rotation is an event, and apps go on as they are", async () => {
  await using world = await createWorld();
  const { engine, store } = world;
  await engine.createApp("shop", "ann");
  await world.push("shop");
  await world.ended(await engine.setConfigVars("shop", { KEY: Secret.of("hidden") }, "ann"));
  const before = store.instances.list().map(({ id }) => id);
  const { key } = await engine.rotateSecrets("ann");
  await world.restart();
  assert.deepEqual(
    store.instances.list().map(({ id }) => id),
    before,
  );
  const [event] = (await world.engine.listEvents({ target: null, visible: null, limit: 5 })).filter(
    ({ type }) => type === "secrets.rotated",
  );
  assert.match(event?.message ?? "", new RegExp(key));
});

test("class 22, exhaustion: all config vars together have an end, secrets and what waits included", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.createApp("shop", "ann");
  const some = (letter: string, count: number, value: string | Secret) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${letter}${at}`, value]));
  await engine.setConfigVars("shop", some("A", 16, "x".repeat(32_000)), "ann");
  const more = some("B", 17, Secret.of("x".repeat(32_000)));
  await assert.rejects(engine.setConfigVars("shop", more, "ann"), /longer than 1048576 characters/);
  const fewer = some("B", 16, Secret.of("x".repeat(32_000)));
  await engine.setConfigVars("shop", fewer, "ann");
  await assert.rejects(engine.setConfigVars("shop", { C: "x".repeat(32_000) }, "ann"), /longer/);
  const unset = Object.fromEntries(Object.keys(fewer).map((name) => [name, null]));
  await engine.setConfigVars("shop", { ...unset, C: "x".repeat(32_000) }, "ann");
});
