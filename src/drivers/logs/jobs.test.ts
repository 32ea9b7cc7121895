import assert from "node:assert/strict";
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { temporaryFolder } from "../../../test/machine.ts";
import { createJobFiles } from "./jobs.ts";

test("output is read from any offset on, in whole characters", async () => {
  await using folder = await temporaryFolder();
  const log = createJobFiles(folder.path);
  log.append(1, "grüß ");
  const bytes = Buffer.from("Gott ✓\n");
  log.append(1, bytes.subarray(0, 6));
  const first = await log.read(1, 0);
  assert.equal(first.text, "grüß Gott ");
  log.append(1, bytes.subarray(6));
  assert.equal((await log.read(1, first.offset)).text, "✓\n");
  assert.deepEqual(await log.read(1, 10_000), { text: "", offset: 10_000 });
  assert.deepEqual(await log.read(2, 0), { text: "", offset: 0 });
});

test("bytes that are no text are a question mark each, so that offsets count what is read", async () => {
  await using folder = await temporaryFolder();
  const log = createJobFiles(folder.path);
  const bytes = Buffer.concat([Buffer.from("é\xff"), Buffer.from([0xff, 0xe2, 0x9c, 0x41, 0x00])]);
  log.append(1, bytes);
  const { text, offset } = await log.read(1, 0);
  assert.deepEqual([text, offset], ["éÿ???A\0", bytes.length]);
  assert.equal(Buffer.byteLength(text), offset);
});

test("what goes over the bound is dropped with a line that says so, also after a restart", async () => {
  await using folder = await temporaryFolder();
  createJobFiles(folder.path, 10).append(1, "0123456789abc");
  const log = createJobFiles(folder.path, 10);
  log.append(1, "more");
  const { text } = await log.read(1, 0);
  assert.equal(text, "0123456789\n[the rest of this output was dropped]\n");
});

test("who waits for more is woken, even when nothing more is kept", async () => {
  await using folder = await temporaryFolder();
  const log = createJobFiles(join(folder.path, "jobs"), 4);
  log.append(1, "full up");
  const { signal } = new AbortController();
  const woken = log.changed(1, 10_000, signal);
  const startedAt = performance.now();
  log.append(1, "more");
  await woken;
  assert.ok(performance.now() - startedAt < 5000);
});

test("each line has the time at which it was written, also after a restart", async () => {
  await using folder = await temporaryFolder();
  const startedAt = Date.now();
  createJobFiles(folder.path).append(1, "one\ntwo\n");
  const between = Date.now();
  await setTimeout(120);
  createJobFiles(folder.path).append(1, "three\nfo");
  const log = createJobFiles(folder.path);
  const { lines, offset } = await log.lines(1, 0);
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["one", "two", "three"],
  );
  const times = lines.map(({ at }) => Date.parse(`${at.replace(" ", "T").slice(0, 23)}Z`));
  const [first = 0, second = 0, third = 0] = times;
  assert.ok(first >= startedAt && second <= between && third >= between + 100, String(times));
  assert.deepEqual(await log.lines(1, offset), { lines: [], offset });
  log.append(1, "ur\n");
  assert.equal((await log.lines(1, offset)).lines[0]?.text, "four");
  const [last] = (await log.lines(1, Buffer.byteLength("one\n"))).lines;
  assert.equal(last?.text, "two");
});

test("a line that is longer than what is read at once is cut, and what follows is read", async () => {
  await using folder = await temporaryFolder();
  const log = createJobFiles(folder.path);
  log.append(1, `${"x".repeat(100_000)}\nlast\n`);
  const texts: string[] = [];
  for (let offset = 0; ;) {
    const piece = await log.lines(1, offset);
    if (piece.offset === offset) break;
    texts.push(...piece.lines.map(({ text }) => text));
    offset = piece.offset;
  }
  assert.equal(texts.join(""), `${"x".repeat(100_000)}last`);
});

test("a removed log is empty, and removing it again does nothing", async () => {
  await using folder = await temporaryFolder();
  const log = createJobFiles(folder.path);
  log.append(1, "text");
  await log.remove(1);
  await log.remove(1);
  assert.deepEqual(await readdir(folder.path), []);
  assert.equal((await log.read(1, 0)).text, "");
});

test("on a full disk output is dropped, and whoever writes goes on", async () => {
  await using folder = await temporaryFolder();
  const log = createJobFiles(folder.path);
  await symlink("/dev/full", join(folder.path, "1.log"));
  assert.doesNotThrow(() => log.append(1, "lost\n"));
  log.append(2, "kept\n");
  assert.equal((await log.read(2, 0)).text, "kept\n");
});
