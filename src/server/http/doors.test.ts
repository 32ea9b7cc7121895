import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sessionFrames } from "#domain/runner.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";
import { upgradeOverSocket } from "#lib/upgrade.ts";
import { createFakeEngine } from "../../../test/fake-engine.ts";
import { directoryFor, startServer, token } from "../../../test/http-server.ts";
import { sameToken } from "./access.ts";
import { createHttpServer } from "./server.ts";

test("measurements are given to whoever has the token, in Prometheus' own format", async (t) => {
  const { url } = await startServer(t);
  assert.equal((await fetch(`${url}/metrics`)).status, 401);
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(await answer.text(), /^berth_requests_total\{app="shop"\} 3$/m);
});

test("over TCP nothing but the open paths is answered without a token", async (t) => {
  const { url, engine } = await startServer(t);
  for (const path of ["/", "/health", "/api/v1/version"]) {
    assert.equal((await fetch(url + path)).status, 200, path);
  }
  for (const path of ["/api/v1/apps", "/nowhere", "/health/", "/api/v1/apps/x?a=/health"]) {
    const answer = await fetch(url + path);
    assert.equal(answer.status, 401, path);
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  }
  for (const path of ["/%61pi/v1/apps", "//api/v1/apps", "/api/v1/%61pps", "/%6detrics"]) {
    assert.notEqual((await fetch(url + path)).status, 200, path);
  }
  const wrong = { authorization: "Bearer t0ker" };
  const create = { method: "POST", headers: wrong, body: "{}" };
  assert.equal((await fetch(`${url}/api/v1/apps`, create)).status, 401);
  assert.deepEqual(engine.calls, []);
});

test("a token makes its bearer the actor, whatever the headers say", async (t) => {
  const { post, engine } = await startServer(t);
  const answer = await post("/api/v1/apps", { name: "shop" }, { "x-berth-actor": "boss" });
  assert.equal(answer.status, 200);
  assert.deepEqual(engine.calls, ["createApp shop token"]);
});

test("what is of use to Berth's own account alone is denied over TCP", async (t) => {
  const { post, engine } = await startServer(t);
  const answer = await post("/api/v1/apps/shop/repository", {});
  assert.equal(answer.status, 403);
  assert.deepEqual(engine.calls, []);
});

test("an unknown path is a problem of its own", async (t) => {
  const { get } = await startServer(t);
  const answer = await get("/api/v1/nothing");
  assert.equal(answer.status, 404);
  assert.equal(answer.body["code"], "unknown_command");
});

test("a run is attached to with its secret alone, which leads nowhere else", async (t) => {
  const { socket } = await startServer(t);
  for (const path of ["/api/v1/runs/wrong/session", "/api/v1/apps", "/api/v1/runs/../session"]) {
    await assert.rejects(upgradeOverSocket(socket, path), /404/);
  }
  const session = await upgradeOverSocket(socket, "/api/v1/runs/secret/session");
  session.write(encodeFrame(sessionFrames.input, "typed"));
  session.write(encodeFrame(sessionFrames.endOfInput));
  const texts: string[] = [];
  for await (const { payload } of framesOf(session, 1000)) texts.push(payload.toString());
  assert.deepEqual(texts, ["typed", '{"value":{"code":7,"signal":null,"timedOut":false}}']);
});

test("tokens are compared whole", () => {
  assert.ok(sameToken("abc", "abc"));
  assert.ok(!sameToken("abc", "abcd"));
  assert.ok(!sameToken("", "a"));
});

test("the socket is for its own account only and replaces what a crash left", async (t) => {
  const path = join(await directoryFor(t), "api.sock");
  await writeFile(path, "");
  const server = createHttpServer({
    engine: createFakeEngine(),
    version: "1",
    tokenOk: () => true,
    log: { error: () => {} },
  });
  t.after(() => server[Symbol.asyncDispose]());
  await server.listenSocket(path);
  const stats = await stat(path);
  assert.ok(stats.isSocket());
  assert.equal(stats.mode & 0o777, 0o600);
});
