import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { operations } from "#api/operations.ts";
import { createFakeEngine } from "../../../test/fake-engine.ts";
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
