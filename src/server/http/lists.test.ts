import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { listApps } from "#api/apps.ts";
import { listEvents } from "#api/events.ts";
import { listJobs } from "#api/jobs.ts";
import type { ListOperation } from "#api/list.ts";
import type { Operation } from "#api/operation.ts";
import { operations } from "#api/operations.ts";
import { machineCaller } from "#engine/people/callers.ts";
import { createWorld } from "../../../test/engine-world.ts";
import { moment } from "../../../test/factories.ts";
import { createFakeEngine } from "../../../test/fake-engine.ts";
import { handlers } from "./handlers.ts";
import { pageOf } from "./page.ts";
import { createHttpServer } from "./server.ts";

type Page = { items: Record<string, unknown>[]; next: string | null };

const lists = operations.filter((it) => "item" in it);

test("whatever is read as a row of things is a list", () => {
  const bare = operations.filter(({ method, result }) => {
    return method === "GET" && result instanceof z.ZodArray;
  });
  assert.deepEqual(
    bare.map(({ id }) => id),
    [],
  );
  assert.ok(lists.length >= 19);
});

test("every list is paged and cut down to fields in the same way", async (t) => {
  const { get, team } = await startServer(t);
  for (const { id, path, query } of lists) {
    const place = path.replace(":target", "shop").replace(":app", "shop").replace(":team", team);
    const whole = await get(`${place}?limit=1`);
    assert.equal(whole.status, 200, `${id} ${JSON.stringify(whole.body)}`);
    assert.deepEqual(Object.keys(whole.body), ["items", "next"], id);
    assert.ok(whole.body.items.length <= 1, id);
    const { shape } = query as z.ZodObject;
    assert.deepEqual(Object.keys(shape).slice(-3), ["limit", "after", "fields"], id);
    const [item] = whole.body.items;
    const [first = "name"] = Object.keys(item ?? {});
    if (item) {
      const cut = await get(`${place}?limit=1&fields=${first}`);
      assert.deepEqual(cut.body.items, [{ [first]: item[first] }], id);
    }
    for (const wrong of ["limit=0", "limit=1001", "fields=nothing", "colour=red"]) {
      assert.equal((await get(`${place}?${wrong}`)).status, 400, `${id} ${wrong}`);
    }
  }
});

test("pages follow each other by key, numbers as numbers", () => {
  const seen: number[] = [];
  const all = [12, 3, 100, 20].map((id) => ({ id }));
  for (let after: string | undefined = "0"; after !== undefined;) {
    const page: ReturnType<typeof pageOf<{ id: number }>> = pageOf(
      all,
      { limit: 1, after: after === "0" ? undefined : after },
      ({ id }) => id,
    );
    seen.push(...page.items.map(({ id }) => id));
    after = page.next ?? undefined;
  }
  assert.deepEqual(seen, [3, 12, 20, 100]);
  assert.throws(
    () => pageOf(all, { limit: 1, after: "x" }, ({ id }) => id),
    /the next of the page/,
  );
});

test("long lists are read to their end, each thing once, and apps by team", async () => {
  await using world = await createWorld();
  const { store, engine } = world;
  const { id: teamId } = store.people.teams.add({ name: "other", createdAt: moment });
  const about = { appId: null, target: null, actor: "ann", door: "cli" } as const;
  store.transaction(() => {
    for (let count = 0; count < 2300; count += 1) {
      store.events.add({ ...about, at: moment, type: "key.added", message: String(count) });
      store.jobs.add({
        ...about,
        branchId: null,
        target: "",
        kind: "cleanup",
        input: {},
        createdAt: moment,
      });
    }
    for (let count = 0; count < 1100; count += 1) {
      const { id } = store.apps.add({ name: `app-${count}`, managedBy: null, createdAt: moment });
      if (count % 2) store.apps.update(id, { teamId });
    }
  });
  const everything = async (operation: ListOperation, query: object = {}) => {
    const run = handlers.find((it) => it.operation === operation)?.run;
    const caller = machineCaller("ann", { door: "cli", address: null });
    const { signal } = new AbortController();
    const found: unknown[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const asked = { limit: 1000, ...query, ...(after === undefined ? {} : { after }) };
      const parts = { params: {}, query: asked, body: {}, caller, signal, watch: () => () => {} };
      // A list answers with a page.
      const page = (await run?.(parts, engine)) as Page;
      found.push(...page.items.map((it) => JSON.stringify(it)));
      after = page.next;
    }
    return { count: found.length, different: new Set(found).size };
  };
  const apps = { fields: "app" };
  assert.deepEqual(await everything(listEvents, { type: "key.added" }), {
    count: 2300,
    different: 2300,
  });
  assert.deepEqual(await everything(listJobs), { count: 2300, different: 2300 });
  assert.deepEqual(await everything(listApps, apps), { count: 1100, different: 1100 });
  const ofOther = { ...apps, team: "other,nobody" };
  assert.deepEqual(await everything(listApps, ofOther), { count: 550, different: 550 });
  assert.deepEqual(await everything(listApps, { ...apps, team: "nobody" }), {
    count: 0,
    different: 0,
  });
});

test("class 7, missing rights: what needs no name tells of no app that its reader may not see", async () => {
  await using world = await createWorld();
  const { store, engine } = world;
  const { people } = engine;
  const other = people.addTeam("other");
  for (const [name, superuser] of [
    ["ann", true],
    ["bob", false],
  ] as const)
    people.addUser({ name, email: null, superuser });
  people.setMember({ team: "main", user: "bob", role: "admin" });
  for (const name of ["shop", "vault"]) {
    const { id } = await engine.createApp(name, "ann");
    if (name === "vault") store.apps.update(id, { teamId: other.id });
    await world.push(name);
    await engine.addDomain(name, `${name}.example`, "ann");
    const of = { appId: id, teamId: null, address: null, door: "api" } as const;
    const did = { actor: "ann", userId: null, operation: "apps.create", target: name } as const;
    people.note({ ...of, ...did, input: {}, before: {}, after: {}, outcome: "done", code: null });
  }
  const told = async (operation: Operation, name: string) => {
    const via = { door: "api", address: null } as const;
    const caller = people.userCaller({ userId: people.user(name).id, sessionId: "" }, via);
    assert.ok(caller);
    const handler = handlers.find((it) => it.operation === operation);
    const { signal } = new AbortController();
    const raw = { params: {}, query: {}, body: {}, caller, signal, watch: () => () => {} };
    return JSON.stringify(await handler?.run(raw, engine));
  };
  const asked = operations.filter(
    ({ method, path, needs, stream }) =>
      method === "GET" && !path.includes(":") && !stream && needs.startsWith("apps:"),
  );
  for (const operation of asked) {
    assert.match(await told(operation, "ann"), /vault/, operation.id);
    const toBob = await told(operation, "bob");
    assert.match(toBob, /shop/, operation.id);
    assert.doesNotMatch(toBob, /vault/, operation.id);
  }
  assert.ok(asked.length >= 7, `${asked.length} were asked`);
});

async function startServer(t: TestContext) {
  const { people } = createFakeEngine();
  // Its one app is the engine's, and not known to the people.
  const appAccess = () => [{ user: "ann", role: "admin", team: null }];
  const engine = createFakeEngine({ people: { ...people, appAccess } });
  const [team] = people.teams();
  const server = createHttpServer({
    engine,
    version: "1.2.3",
    tokenOk: () => true,
    log: { error: () => {} },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const url = `http://127.0.0.1:${await server.listenTcp("127.0.0.1", 0)}/api/v1`;
  const headers = { authorization: "Bearer any" };
  const get = async (path: string): Promise<{ status: number; body: Page }> => {
    const answer = await fetch(url + path, { headers });
    // As the operation declares it.
    return { status: answer.status, body: (await answer.json()) as Page };
  };
  return { get, team: team?.name ?? "" };
}
