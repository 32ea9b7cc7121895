import assert from "node:assert/strict";
import { appendFile, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { LogPositions } from "#domain/drain.ts";
import { logMoment } from "#domain/logs.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { createDrainSource } from "./drain-source.ts";
import { createJobFiles } from "./jobs.ts";

const line = (second: number, text: string) =>
  `2026-01-01 00:00:${String(second).padStart(2, "0")}.000000000  ${text}\n`;

async function world() {
  const root = await temporaryFolder();
  const [app, router] = [join(root.path, "i/5/1-web.1"), join(root.path, "r/5/router")];
  for (const folder of [app, router]) await mkdir(folder, { recursive: true });
  const [instances, routers, jobs] = ["i", "r", "j"].map((name) => join(root.path, name));
  assert.ok(instances && routers && jobs);
  const source = createDrainSource({ instances, router: routers, jobs });
  return {
    app,
    router,
    source,
    jobLog: createJobFiles(jobs),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}

const logs = { branchId: 5, jobs: [7, 8] };

/** Everything that comes from a position on, and where it ends. */
async function drain(
  { source }: Awaited<ReturnType<typeof world>>,
  from: LogPositions,
): Promise<{ texts: string[]; positions: LogPositions; skippedBytes: number }> {
  const texts: string[] = [];
  let [positions, skippedBytes] = [from, 0];
  for (;;) {
    const batch = await source.next(logs, positions);
    if (!batch) return { texts, positions, skippedBytes };
    texts.push(...batch.lines.map((it) => `${it.source} ${it.text}`));
    skippedBytes += batch.skippedBytes;
    positions = batch.positions;
  }
}

test("what comes is read once, of instances and the router, over rotations and new instances", async () => {
  await using it = await world();
  await writeFile(join(it.app, "current"), line(0, "before"));
  let now = await drain(it, await it.source.end(logs));
  assert.deepEqual(now.texts, []);
  await appendFile(join(it.app, "current"), line(1, "one"));
  await rename(join(it.app, "current"), join(it.app, "@400000000000000000000001.s"));
  await writeFile(join(it.app, "current"), `${line(3, "three")}2026-01-01 00:00:04.0000`);
  await writeFile(join(it.router, "current"), line(2, "GET /"));
  now = await drain(it, now.positions);
  assert.deepEqual(now.texts, ["web.1 one", "router GET /", "web.1 three"]);
  await appendFile(join(it.app, "current"), `00000  four\n`);
  const two = join(it.app, "../2-worker.1");
  await mkdir(two);
  await writeFile(join(two, "current"), line(5, "five"));
  now = await drain(it, now.positions);
  assert.deepEqual(now.texts, ["web.1 four", "worker.1 five"]);
  assert.deepEqual((await drain(it, now.positions)).texts, []);
});

test("what jobs print is read like all else, with the time of each line", async () => {
  await using it = await world();
  const startedAt = new Date();
  it.jobLog.append(7, "before\n");
  const from = await it.source.end(logs);
  it.jobLog.append(7, "one\ntw");
  it.jobLog.append(8, "three\n");
  it.jobLog.append(9, "of another branch\n");
  const batch = await it.source.next(logs, from);
  assert.deepEqual(
    batch?.lines.map(({ origin, source, text }) => [origin, source, text]),
    [
      ["build", "job.7", "one"],
      ["build", "job.8", "three"],
    ],
  );
  for (const { at } of batch?.lines ?? []) assert.ok(at >= logMoment(startedAt), at);
  it.jobLog.append(7, "o\n");
  assert.deepEqual((await drain(it, batch?.positions ?? {})).texts, ["job.7 two"]);
});

test("what is too far behind is passed over but for the newest, and counted", async () => {
  await using it = await world();
  const [first, last] = [line(1, "first"), line(9, "last")];
  const filler = line(5, "x".repeat(1000)).repeat(10_000);
  await writeFile(join(it.app, "current"), first + filler + last);
  const { texts, skippedBytes } = await drain(it, {});
  assert.equal(texts.at(-1), "web.1 last");
  assert.ok(!texts.includes("web.1 first"));
  const all = first.length + filler.length + last.length;
  assert.equal(skippedBytes, all - 1024 * 1024);
});
