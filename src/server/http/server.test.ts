import assert from "node:assert/strict";
import { test } from "node:test";
import { listApps, appInfo, createApp, destroyApp } from "#api/apps.ts";
import { changeConfigVars } from "#api/config.ts";
import { createDeploy } from "#api/deploys.ts";
import { PlatformError } from "#domain/errors.ts";
import { operations } from "#api/operations.ts";
import { requestDeploy, requestRepository } from "#api/push.ts";
import { listReleases, releaseInfo } from "#api/releases.ts";
import { doneJob } from "../../../test/fake-nouns.ts";
import { hostileTexts } from "../../../test/hostile-text.ts";
import { startServer, token } from "../../../test/http-server.ts";
import { handlers } from "./handlers.ts";

test("every operation has exactly one handler", () => {
  const handled = handlers.map(({ operation }) => operation.id);
  assert.deepEqual(handled.toSorted(), operations.map(({ id }) => id).toSorted());
  assert.equal(new Set(handled).size, handled.length);
});

test("a client on the socket gets views, without what they do not declare", async (t) => {
  const { client } = await startServer(t);
  const { items: apps } = await client(listApps, {});
  const [shop] = apps;
  assert.equal(shop?.branches[0]?.target, "shop");
  assert.equal(shop?.app.createdAt, "2026-03-01T12:00:00.000Z");
  assert.ok(!JSON.stringify(shop).includes("s3cret"));
  const releases = await client(listReleases, { params: { target: "shop" } });
  assert.equal(releases.items[0]?.current, true);
  assert.ok(!JSON.stringify(releases).includes("s3cret"));
});

test("a release shows the names of its config vars and none of their values", async (t) => {
  const { client } = await startServer(t);
  const release = await client(releaseInfo, { params: { target: "shop", release: "5" } });
  assert.deepEqual(release.configVars, ["SECRET"]);
  assert.ok(!JSON.stringify(release).includes("s3cret"));
});

test("targets with slashes and at signs arrive as they were sent", async (t) => {
  const { client, engine } = await startServer(t);
  await client(releaseInfo, { params: { target: "shop@feature/a", release: "current" } });
  assert.deepEqual(engine.calls, ["releaseInfo shop@feature/a null"]);
});

test("an unknown field is refused by its name", async (t) => {
  const { post } = await startServer(t);
  const answer = await post("/api/v1/apps", { name: "shop", colour: "red" });
  assert.equal(answer.status, 400);
  assert.equal(answer.body["code"], "invalid_input");
  assert.match(String(answer.body["detail"]), /colour/);
});

test("an invalid name is refused with the rule it breaks", async (t) => {
  const { client } = await startServer(t);
  await assert.rejects(client(createApp, { body: { name: "Shop!" } }), {
    code: "invalid_input",
    kind: "invalid",
    message: /name is not valid: use lower-case/,
  });
});

test("what breaks a rule is told what to write, in words of ours", async (t) => {
  const { get, post } = await startServer(t);
  const detailOf = async (answer: Promise<{ readonly body: Record<string, unknown> }>) =>
    String((await answer).body["detail"]);
  const asked = {
    "apps?limit=many": "limit is not valid: write a number.",
    "apps?limit=1.5": "limit is not valid: write a whole number.",
    "apps?limit=0": "limit is not valid: write at least 1.",
    "apps?limit=9999": "limit is not valid: write at most 1000.",
    "events?type=deploy.started,deploy.faild": "type is not valid: perhaps deploy.failed is meant.",
    "events?since=soon": "since is not valid: write a moment as 2026-03-01T12:00:00Z.",
    "audit?outcome=nice": "outcome is not valid: use one of done, refused, failed.",
  };
  for (const [path, detail] of Object.entries(asked))
    assert.equal(await detailOf(get(`/api/v1/${path}`)), detail);
  assert.equal(await detailOf(post("/api/v1/apps", {})), "name is not valid: it is missing.");
});

test("an invalid config var is named", async (t) => {
  const { client, engine } = await startServer(t);
  const change = client(changeConfigVars, { params: { target: "shop" }, body: { "A-B": "1" } });
  await assert.rejects(change, { code: "invalid_input", message: /A-B/ });
  assert.deepEqual(engine.calls, []);
});

test("an error of the engine keeps its code, sentence and hint", async (t) => {
  const { client } = await startServer(t);
  await assert.rejects(client(appInfo, { params: { app: "shoop" } }), {
    name: "RemoteError",
    code: "app_not_found",
    kind: "not_found",
    message: "No app is named shoop.",
    hint: /apps:create shoop/,
  });
});

test("a mistake of ours is logged and shows nothing of itself", async (t) => {
  const { get, logged } = await startServer(t, {
    listApps: () => Promise.reject(new Error("password in message")),
  });
  const answer = await get("/api/v1/apps");
  assert.equal(answer.status, 500);
  assert.equal(answer.body["code"], "internal");
  assert.ok(!JSON.stringify(answer.body).includes("password"));
  assert.equal(logged.length, 1);
});

test("destroying wants the name once more", async (t) => {
  const { client, engine } = await startServer(t);
  await assert.rejects(client(destroyApp, { params: { app: "shop" } }), {
    code: "confirmation_needed",
  });
  await client(destroyApp, { params: { app: "shop" }, query: { confirm: "shop" } });
  assert.deepEqual(engine.calls, ["destroyApp shop ann"]);
});

test("bodies that are no JSON, or too large, are refused", async (t) => {
  const { url } = await startServer(t);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const broken = await fetch(`${url}/api/v1/apps`, { method: "POST", headers, body: "{" });
  assert.equal(broken.status, 400);
  const body = JSON.stringify({ name: "a".repeat(1024 * 1024) });
  const large = await fetch(`${url}/api/v1/apps`, { method: "POST", headers, body });
  assert.equal(large.status, 413);
  assert.match(large.headers.get("content-type") ?? "", /^application\/problem\+json/);
});

test("a push is asked for without loading its schema", async (t) => {
  const { client, engine } = await startServer(t);
  assert.deepEqual(await requestRepository(client, { params: { app: "shop" } }), {
    directory: "/repos/shop",
    app: "shop",
    pushBytesMax: 1024,
  });
  const commit = "a".repeat(40);
  const input = { params: { app: "shop" }, body: { branch: "main", from: null, commit } };
  assert.equal((await requestDeploy(client, input)).id, doneJob.id);
  assert.match(engine.calls[0] ?? "", /^deploy .*"actor":"ann"/);
  assert.equal(createDeploy.path, "/apps/:app/deploys");
});

test("whatever somebody wrote is answered as data, and as a problem too", async (t) => {
  const place = { message: "" };
  const { get, post, url } = await startServer(t, {
    listApps: async () => {
      throw new PlatformError("build_failed", { step: place.message, problem: place.message });
    },
  });
  for (const message of hostileTexts) {
    place.message = message;
    const failed = await get("/api/v1/apps");
    assert.equal(failed.body["code"], "build_failed");
    assert.ok(String(failed.body["detail"]).includes(message), "it is whole");
    for (const body of [{ name: message }, { [message]: message }]) {
      const refused = await post("/api/v1/apps", body);
      assert.deepEqual([refused.status, refused.body["code"]], [400, "invalid_input"]);
    }
  }
  const answer = await fetch(`${url}/api/v1/apps`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
});
