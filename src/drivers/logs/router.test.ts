import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { everyLine, type LogLine } from "#domain/logs.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { createRouterFiles } from "./router.ts";

const at = (second: number) => new Date(1_767_225_600_000 + second * 1000);

test("what the router answered is kept within a bound and read as other logs are", async () => {
  await using root = await temporaryFolder();
  const logs = createRouterFiles(root.path, 1000);
  for (let second = 0; second < 300; second += 1) {
    logs.append(7, [{ at: at(second), text: `GET /${second} status=200 instance=web.2 x` }]);
  }
  await sleep(50);
  assert.ok((await readdir(join(root.path, "7/router"))).length <= 11);
  const tail = await logs.tail(7, everyLine, 2);
  assert.deepEqual(tail.at(-1), {
    at: "2026-01-01 00:04:59.000000000",
    source: "router",
    text: "GET /299 status=200 instance=web.2 x",
  });
  const count = async (process: string) =>
    (await logs.tail(7, { ...everyLine, process }, 5)).length;
  assert.deepEqual([await count("web"), await count("web.2"), await count("web.20")], [5, 5, 0]);
  assert.deepEqual(await logs.tail(8, everyLine, 5), []);
  await logs.remove(7);
  assert.deepEqual(await readdir(root.path), []);
});

test("following shows new lines that fit, over a rotation, and none twice", async () => {
  await using root = await temporaryFolder();
  const logs = createRouterFiles(root.path, 500);
  logs.append(7, [{ at: at(0), text: "before" }]);
  const stopping = new AbortController();
  const lines: LogLine[] = [];
  const following = (async () => {
    const filter = { ...everyLine, grep: "yes" };
    for await (const line of logs.follow(7, filter, stopping.signal)) lines.push(line);
  })();
  await sleep(100);
  for (let second = 1; second <= 40; second += 1) {
    logs.append(7, [{ at: at(second), text: `${second} ${second % 2 ? "yes" : "no"}` }]);
    await sleep(2);
  }
  while (!lines.some(({ text }) => text.startsWith("39 "))) await sleep(10);
  stopping.abort();
  await following;
  const odd = Array.from({ length: 20 }, (_, index) => `${index * 2 + 1} yes`);
  assert.deepEqual(
    lines.map(({ text }) => text),
    odd,
  );
});
