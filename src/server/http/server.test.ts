import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { listApps, appInfo, createApp, destroyApp } from "#api/apps.ts";
import { createClient, type Client } from "#api/client.ts";
import { changeConfigVars } from "#api/config.ts";
import { createDeploy } from "#api/deploys.ts";
import { followJob } from "#api/follow.ts";
import { jobEvents } from "#api/jobs.ts";
import { readLogs } from "#api/logs.ts";
import { operations } from "#api/operations.ts";
import { requestDeploy, requestRepository } from "#api/push.ts";
import { listReleases, releaseInfo } from "#api/releases.ts";
import { PlatformError } from "#domain/errors.ts";
import { sessionFrames } from "#domain/runner.ts";
import type { Engine } from "#engine/engine.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";
import { createTransport } from "#lib/http.ts";
import { upgradeOverSocket } from "#lib/upgrade.ts";
import { createFakeEngine, doneJob, type FakeEngine } from "../../../test/fake-engine.ts";
import { sameToken } from "./access.ts";
import { handlers } from "./handlers.ts";
import { createHttpServer } from "./server.ts";

const token = "t0ken";

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

test("a job's stream ends with the job", async (t) => {
  const { client } = await startServer(t);
  const lines = await allOf(client(jobEvents, { params: { job: 12 } }));
  assert.deepEqual(lines[0], { type: "output", id: 9, text: "building\n" });
  assert.ok(lines[1]?.type === "job" && lines[1].job.status === "done");
});

test("a stream that cannot begin has a status of its own", async (t) => {
  const { client } = await startServer(t, {
    followJob: (id) => failing([], new PlatformError("job_not_found", { job: id })),
  });
  const lines = allOf(client(jobEvents, { params: { job: 3 } }));
  await assert.rejects(lines, { code: "job_not_found" });
});

test("a stream that fails in the middle says so in its last line", async (t) => {
  const full = new PlatformError("disk_full", { path: "/data" });
  const { client } = await startServer(t, {
    followJob: () => failing([{ offset: 1, text: "a" }], full),
  });
  const seen: unknown[] = [];
  await assert.rejects(
    async () => {
      for await (const line of client(jobEvents, { params: { job: 12 } })) seen.push(line);
    },
    { code: "disk_full" },
  );
  assert.equal(seen.length, 1);
});

test("a client that goes away ends the stream at the engine", async (t) => {
  const { client, engine } = await startServer(t);
  const input = { params: { target: "shop" }, query: { follow: "true" as const } };
  for await (const line of client(readLogs, input)) {
    assert.equal(line.source, "web.1");
    await until(() => engine.followers === 1);
    break;
  }
  await until(() => engine.followers === 0);
});

test("following goes on after a restart of the server, losing and repeating nothing", async (t) => {
  const home = await directoryFor(t);
  const path = join(home, "api.sock");
  const engine = createFakeEngine();
  engine.outputs.set(12, piecesUntilCut([{ offset: 4, text: "one\n" }]));
  const server = createHttpServer({ engine, version: "1", tokenOk: () => false, log });
  await server.listenSocket(path);
  const texts: string[] = [];
  const client = createClient(createTransport({ socketPath: path }), home);
  const following = followJob(client, 12, { onText: (text) => texts.push(text) });
  await until(() => texts.length === 1);
  await server[Symbol.asyncDispose]();
  const again = createFakeEngine();
  again.outputs.set(12, piecesOf([{ offset: 8, text: "two\n" }]));
  const second = createHttpServer({ engine: again, version: "1", tokenOk: () => false, log });
  t.after(() => second[Symbol.asyncDispose]());
  await second.listenSocket(path);
  assert.equal((await following).status, "done");
  assert.deepEqual(texts, ["one\n", "two\n"]);
  assert.deepEqual(again.calls, ["followJob 12 4"]);
});

test("a server that stays away is given up", async (t) => {
  const socketPath = join(await directoryFor(t), "none.sock");
  const client = createClient(createTransport({ socketPath }), "/the/home");
  await assert.rejects(followJob(client, 1, { onText: () => {}, patienceMs: 400 }), {
    code: "not_running",
    message: /\/the\/home/,
  });
});

test("the socket is for its own account only and replaces what a crash left", async (t) => {
  const path = join(await directoryFor(t), "api.sock");
  await writeFile(path, "");
  const server = createHttpServer({
    engine: createFakeEngine(),
    version: "1",
    tokenOk: () => true,
    log,
  });
  t.after(() => server[Symbol.asyncDispose]());
  await server.listenSocket(path);
  const stats = await stat(path);
  assert.ok(stats.isSocket());
  assert.equal(stats.mode & 0o777, 0o600);
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

type Started = {
  readonly socket: string;
  readonly engine: FakeEngine;
  readonly client: Client;
  readonly url: string;
  readonly logged: object[];
  readonly get: (path: string) => Promise<JsonAnswer>;
  readonly post: (path: string, body: object, headers?: object) => Promise<JsonAnswer>;
};
type JsonAnswer = { readonly status: number; readonly body: Record<string, unknown> };

const log = { error: () => {} };

async function startServer(t: TestContext, overrides: Partial<Engine> = {}): Promise<Started> {
  const engine = createFakeEngine(overrides);
  const logged: object[] = [];
  const home = await directoryFor(t);
  const server = createHttpServer({
    engine,
    version: "1.2.3",
    tokenOk: (given) => sameToken(given, token),
    log: { error: (fields) => void logged.push(fields) },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const socketPath = join(home, "api.sock");
  await server.listenSocket(socketPath);
  const url = `http://127.0.0.1:${await server.listenTcp("127.0.0.1", 0)}`;
  const headers = { "x-berth-actor": "ann" };
  const client = createClient(createTransport({ socketPath, headers }), home);
  const send = async (path: string, init: RequestInit, more: object = {}): Promise<JsonAnswer> => {
    const json = init.method ? { "content-type": "application/json" } : {};
    const all = { authorization: `Bearer ${token}`, ...json, ...more };
    const answer = await fetch(url + path, { ...init, headers: all });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return {
    engine,
    client,
    socket: socketPath,
    url,
    logged,
    get: (path) => send(path, {}),
    post: (path, body, more) => send(path, { method: "POST", body: JSON.stringify(body) }, more),
  };
}

async function directoryFor(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "berth-http-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function* piecesOf<T>(pieces: readonly T[]): AsyncGenerator<T> {
  yield* pieces;
}

async function* failing<T>(pieces: readonly T[], error: Error): AsyncGenerator<T> {
  yield* pieces;
  throw error;
}

/** Gives its pieces and then nothing more, as a job in the middle of a long step. */
async function* piecesUntilCut<T>(pieces: readonly T[]): AsyncGenerator<T> {
  yield* pieces;
  await new Promise(() => {});
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, "it takes too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
