import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "#api/client.ts";
import { followJob } from "#api/follow.ts";
import { jobEvents } from "#api/jobs.ts";
import { readLogs } from "#api/logs.ts";
import { PlatformError } from "#domain/errors.ts";
import { createTransport } from "#lib/http.ts";
import { createFakeEngine } from "../../../test/fake-engine.ts";
import { directoryFor, startServer, token } from "../../../test/http-server.ts";
import { createHttpServer } from "./server.ts";

test("a job's stream ends with the job", async (t) => {
  const { client } = await startServer(t);
  const lines = await allOf(client(jobEvents, { params: { job: 12 } }));
  assert.deepEqual(lines[0], { type: "output", id: 9, text: "building\n" });
  assert.ok(lines[1]?.type === "job" && lines[1].job.status === "done");
});

test("a browser that comes again says in a header from where it goes on", async (t) => {
  const { url, engine } = await startServer(t);
  const headers = { authorization: `Bearer ${token}`, "last-event-id": "4" };
  const answer = await fetch(`${url}/api/v1/jobs/12/events?after=1`, { headers });
  assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
  const events = (await answer.text()).split("\n\n");
  assert.ok(events.some((event) => event.startsWith('id: 9\ndata: {"type":"output","id":9')));
  assert.deepEqual(engine.calls, ["followJob 12 4"]);
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

const log = { error: () => {} };

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
