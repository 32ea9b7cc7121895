import assert from "node:assert/strict";
import { appendFile, rename, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { RequestBatch } from "#domain/request-log.ts";
import { backend, host } from "../../../../test/contract/router.ts";
import { temporaryFolder } from "../../../../test/machine.ts";
import { startNginx, until } from "../../../../test/nginx.ts";
import { startPeer, visit } from "../../../../test/visit.ts";
import { parseRequest } from "./parse-request.ts";
import { createNginxRequestLog } from "./request-log.ts";

/** Follows a log and remembers what came. */
function follow(path: string) {
  const batches: RequestBatch[] = [];
  const following = createNginxRequestLog(path).follow((batch) => void batches.push(batch));
  const lines = () => batches.flatMap((batch) => batch.lines);
  return {
    lines,
    skippedBytes: () => batches.reduce((sum, batch) => sum + batch.skippedBytes, 0),
    has: async (count: number) =>
      until(async () => assert.ok(lines().length >= count, `${lines().length} lines`)),
    [Symbol.asyncDispose]: () => following[Symbol.asyncDispose](),
  };
}

test("a request is noted with the id that the app got and the visitor sees", async () => {
  let given = "";
  await using peer = await startPeer((request, response) => {
    given = String(request.headers["x-request-id"]);
    response.statusCode = 201;
    response.end("hello");
  });
  await using nginx = await startNginx();
  await nginx.router.replace({
    hosts: { "a.test": host({ "/": "1/web" }) },
    backends: { 1: backend([peer.address]) },
  });
  await using log = follow(nginx.settings.paths.requestLog);
  const answer = await visit(nginx.settings.ports.direct, {
    host: "A.test:80",
    path: '/a%20b/"\\<script>?password=secret',
    headers: { "x-request-id": "forged" },
  });
  await visit(nginx.settings.ports.direct, { host: "nobody.test", path: "/" });
  await log.has(2);
  // Two workers may note them in either order.
  const [first, lost] = log.lines().toSorted((a, b) => a.status - b.status);
  assert.equal(first?.id, given);
  assert.equal(first?.id, answer.headers["x-request-id"]);
  assert.match(given, /^[0-9a-f]{32}$/);
  assert.equal(first?.path, '/a%20b/"\\<script>');
  assert.deepEqual(
    [first?.host, first?.method, first?.status, first?.peer, first?.client],
    ["a.test", "GET", 201, peer.address, "127.0.0.1"],
  );
  assert.ok(first && first.bytes > 5 && first.durationMs < 5000);
  assert.ok(Math.abs(first.atMs - performance.timeOrigin - performance.now()) < 30_000);
  assert.deepEqual([lost?.host, lost?.status, lost?.peer], ["nobody.test", 404, null]);
});

test("nginx begins a new file when one is full, and no line is lost to that", async () => {
  await using peer = await startPeer((_, response) => response.end());
  await using nginx = await startNginx();
  await nginx.router.replace({
    hosts: { "a.test": host({ "/": "1/web" }) },
    backends: { 1: backend([peer.address]) },
  });
  const path = nginx.settings.paths.requestLog;
  // As large as a full one, without the writing.
  await truncate(path, 17 * 1024 * 1024);
  await until(async () => assert.ok((await stat(`${path}.1`)).size > 0));
  await using log = follow(path);
  for (let count = 0; count < 50; count += 1) {
    await visit(nginx.settings.ports.direct, { host: "a.test", path: `/${count}` });
  }
  await log.has(50);
  assert.ok((await stat(path)).size < 100_000);
  // Each of nginx's workers writes its own share.
  const paths = new Set(log.lines().map((it) => it.path));
  assert.deepEqual(paths, new Set(Array.from({ length: 50 }, (_, count) => `/${count}`)));
  assert.equal(log.lines().length, 50);
});

test("reading goes on where another reader ended, over a rotation", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "access.log");
  await writeFile(path, line("one"));
  {
    await using first = follow(path);
    await first.has(1);
  }
  await appendFile(path, line("two"));
  await rename(path, `${path}.1`);
  await writeFile(path, `${line("three")}1767225600.000\thalf of a line`);
  await using second = follow(path);
  await second.has(2);
  assert.deepEqual(
    second.lines().map(({ id }) => id),
    ["two", "three"],
  );
  await appendFile(path, `\n${line("four")}`);
  await second.has(3);
  assert.equal(second.lines().at(-1)?.id, "four");
});

test("more than can be read is passed over, and said", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "access.log");
  const whole = line("x".repeat(400)).repeat(25_000);
  await writeFile(path, whole + line("last"));
  await using log = follow(path);
  await until(async () => assert.equal(log.lines().at(-1)?.id, "last"));
  assert.ok(log.lines().length < 5000, `${log.lines().length}`);
  assert.ok(log.skippedBytes() > 9_000_000, `${log.skippedBytes()}`);
});

test("what an nginx of an older Berth writes is read, too", () => {
  const text = line("one").trimEnd();
  const older = text.replace("\t0.001\t", "\t0.001\t0.002\t");
  assert.deepEqual(parseRequest(older), parseRequest(text));
  assert.equal(parseRequest(text)?.peer, "127.0.0.1:1");
  assert.equal(parseRequest(text)?.client, "127.0.0.1");
});

function line(id: string): string {
  return `1767225600.000\t${id}\tGET\ta.test\t/\t200\t5\t0.001\t127.0.0.1:1\t127.0.0.1\n`;
}
