import assert from "node:assert/strict";
import { appendFile, link, mkdir, readdir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { everyLine, type LogFilter, type LogLine } from "#domain/logs.ts";
import { ended, start } from "#lib/exec.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { createInstanceFiles } from "./instances.ts";

test("the newest lines come from every instance in the order of time, over rotated files", async () => {
  await using root = await temporaryFolder();
  const logs = createInstanceFiles(root.path);
  const [one, two] = [await folder(root.path, "5/1-web.1"), await folder(root.path, "5/2-web.2")];
  await writeFile(join(one, "@400000006000000000000000.s"), line(1, "first") + line(3, "third"));
  await writeFile(join(one, "current"), line(5, "fifth"));
  await writeFile(join(two, "current"), line(2, "second") + line(4, "fourth ü\t"));
  const tail = await logs.tail(5, everyLine, 4);
  assert.deepEqual(
    tail.map(({ source, text }) => `${source} ${text}`),
    ["web.2 second", "web.1 third", "web.2 fourth ü\t", "web.1 fifth"],
  );
  const web1 = await logs.tail(5, { ...everyLine, process: "web.1" }, 10);
  assert.equal(web1.length, 3);
  assert.equal((await logs.tail(5, { ...everyLine, process: "web" }, 10)).length, 5);
  assert.deepEqual(await logs.tail(5, { ...everyLine, process: "worker" }, 10), []);
  assert.deepEqual(await logs.tail(99, everyLine, 10), []);
  assert.deepEqual(await logs.lastLines("5/1-web.1", 2), ["third", "fifth"]);
});

test("a line may hold any character, and begin with spaces", async () => {
  await using root = await temporaryFolder();
  const texts = ["10%\r20%\r", " \tindented", "\x1b[31mred", "one\u2028two", ""];
  const current = join(await folder(root.path, "5/1-web.1"), "current");
  await writeFile(current, texts.map((text, index) => line(index, text)).join(""));
  const lines = await createInstanceFiles(root.path).tail(5, everyLine, 10);
  assert.deepEqual(
    lines.map(({ text }) => text),
    texts,
  );
});

test("lines of 100 kB and binary garbage are read as they come", async () => {
  await using root = await temporaryFolder();
  const one = await folder(root.path, "5/1-web.1");
  const logger = start(["s6-log", "-b", "-l", "65536", "n10", "s1000000", "T", one], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  logger.stdin?.write(`${"x".repeat(100_000)}\n`);
  logger.stdin?.write(Buffer.from([0, 0xff, 0xfe, 0x80, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0a]));
  logger.stdin?.end("after\n");
  await ended(logger);
  const lines = await createInstanceFiles(root.path).tail(5, everyLine, 10);
  const texts = lines.map(({ text }) => text);
  assert.equal(texts.filter((text) => /^x+$/.test(text)).join("").length, 100_000);
  assert.equal(texts.at(-1), "after");
  assert.ok(texts.at(-2)?.endsWith("\x1b[31m"), "given as it is; who shows it makes it safe");
});

test("a search finds what is kept, by text, by time and by request, and no more than asked for", async () => {
  await using root = await temporaryFolder();
  const one = await folder(root.path, "5/1-web.1");
  await writeFile(join(one, "@400000006000000000000000.s"), line(1, "Old Error") + line(2, "fine"));
  await writeFile(join(one, "current"), line(3, "new error a1b2c3d4") + line(4, "fine"));
  const logs = createInstanceFiles(root.path);
  const find = async (filter: Partial<LogFilter>, count = 10) =>
    (await logs.tail(5, { ...everyLine, ...filter }, count)).map(({ text }) => text);
  assert.deepEqual(await find({ grep: "ERROR" }), ["Old Error", "new error a1b2c3d4"]);
  assert.deepEqual(await find({ grep: "ERROR" }, 1), ["new error a1b2c3d4"]);
  assert.deepEqual(await find({ since: new Date("2026-01-01T00:00:03Z") }), [
    "new error a1b2c3d4",
    "fine",
  ]);
  assert.deepEqual(await find({ request: "a1b2c3d4" }), ["new error a1b2c3d4"]);
  assert.deepEqual(await find({}, 0), []);
  assert.equal(await logs.sizeBytes("5/1-web.1"), 163);
});

test("a name that leads elsewhere has no lines", async () => {
  await using root = await temporaryFolder();
  await writeFile(join(await folder(root.path, "5/1-web.1"), "current"), line(1, "secret"));
  const logs = createInstanceFiles(join(root.path, "5"));
  for (const name of ["../5/1-web.1", "..", "", "5/../1-web.1", "x/1-web.1/.."]) {
    assert.deepEqual(await logs.lastLines(name, 5), [], name);
  }
});

test("following shows what comes from now on, also of instances that start meanwhile", async () => {
  await using root = await temporaryFolder();
  const one = await folder(root.path, "5/1-web.1");
  await writeFile(join(one, "current"), line(1, "before"));
  const followed = follow(root.path);
  await followed.isReady();
  await appendFile(join(one, "current"), `${line(2, "whole")}2026-01-01 00:00`);
  await followed.has("whole");
  await appendFile(join(one, "current"), ":03.000000000  in two pieces\n");
  const two = await folder(root.path, "5/2-worker.1");
  await writeFile(join(two, "current"), line(4, "newcomer"));
  await followed.has("newcomer");
  await followed.has("in two pieces");
  await followed.stop();
  assert.deepEqual(followed.texts().toSorted(), ["in two pieces", "newcomer", "whole"]);
});

test("a rotation while following loses and repeats no line", async () => {
  await using root = await temporaryFolder();
  const one = await folder(root.path, "5/1-web.1");
  const current = join(one, "current");
  await writeFile(current, line(0, "before"));
  const followed = follow(root.path);
  await followed.isReady();
  for (let round = 0; round < 5; round += 1) {
    await appendFile(current, line(round, `${round} old`));
    await rename(current, join(one, `@40000000600000000000000${round}.s`));
    await writeFile(current, line(round, `${round} new`));
  }
  await followed.has("4 new");
  await followed.stop();
  const wanted = [0, 1, 2, 3, 4].flatMap((round) => [`${round} old`, `${round} new`]);
  assert.deepEqual(followed.texts(), wanted);
});

test("in the middle of a rotation, when a file has another name or two, nothing is told twice", async () => {
  await using root = await temporaryFolder();
  const one = await folder(root.path, "5/1-web.1");
  const [current, previous] = [join(one, "current"), join(one, "previous")];
  await writeFile(join(one, "@400000006000000000000000.s"), line(0, "oldest"));
  await writeFile(current, line(1, "before"));
  const followed = follow(root.path);
  await followed.isReady();
  await appendFile(current, line(2, "old"));
  await followed.has("old");
  await rename(current, previous);
  await writeFile(current, line(3, "new"));
  await followed.has("new");
  await link(previous, join(one, "@400000006000000000000001.s"));
  await appendFile(current, line(4, "newer"));
  await followed.has("newer");
  await unlink(previous);
  await appendFile(current, line(5, "newest"));
  await followed.has("newest");
  await followed.stop();
  assert.deepEqual(followed.texts(), ["old", "new", "newer", "newest"]);
});

test("s6-log itself, rotating as fast as it can, is followed without a gap", async () => {
  await using root = await temporaryFolder();
  const one = await folder(root.path, "5/1-web.1");
  const followed = follow(root.path);
  await followed.isReady();
  const logger = start(["s6-log", "-b", "n10", "s20000", "T", one], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const count = 1500;
  for (let index = 0; index < count; index += 1) {
    logger.stdin?.write(`${String(index).padStart(5, "0")} ${"x".repeat(60)}\n`);
    if (index % 100 === 0) await sleep(20);
  }
  logger.stdin?.end();
  await ended(logger);
  await followed.has(String(count - 1).padStart(5, "0"));
  await followed.stop();
  const numbers = followed.texts().map((text) => Number(text.slice(0, 5)));
  assert.deepEqual(numbers, [...Array.from({ length: count }).keys()]);
  assert.ok((await readdir(one)).length > 4, "it was rotated");
});

test("old folders go, those of living instances and the newest stay", async () => {
  await using root = await temporaryFolder();
  const logs = createInstanceFiles(root.path);
  for (const id of [1, 2, 3, 10, 11]) await folder(root.path, `5/${id}-web.1`);
  await folder(root.path, "51/1-web.1");
  await logs.prune(5, [1, 11], 1);
  assert.deepEqual(await readdir(join(root.path, "5")), ["1-web.1", "10-web.1", "11-web.1"]);
  await logs.remove(5);
  assert.deepEqual(await readdir(root.path), ["51"]);
});

async function folder(root: string, name: string): Promise<string> {
  await mkdir(join(root, name), { recursive: true });
  return join(root, name);
}

function line(second: number, text: string): string {
  return `2026-01-01 00:00:${String(second).padStart(2, "0")}.000000000  ${text}\n`;
}

/** Follows branch 5. */
function follow(root: string) {
  const stopping = new AbortController();
  const lines: LogLine[] = [];
  const following = (async () => {
    const logs = createInstanceFiles(root);
    for await (const each of logs.follow(5, everyLine, stopping.signal)) lines.push(each);
  })();
  return {
    /** It has noted where the files end, and watches them. */
    isReady: () => sleep(200),
    has: async (text: string) => {
      const end = performance.now() + 10_000;
      while (!lines.some((each) => each.text.startsWith(text))) {
        assert.ok(performance.now() < end, `${text} is seen in time`);
        await sleep(10);
      }
    },
    texts: () => lines.map(({ text }) => text),
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}
