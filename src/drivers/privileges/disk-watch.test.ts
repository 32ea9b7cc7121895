import assert from "node:assert/strict";
import { test } from "node:test";
import { freeOn, outgrows, type Held } from "./disk-watch.ts";

const mb = 1024 ** 2;
const disk: Held = { bytes: 1000 * mb, files: 100_000 };

/** Watches a disk that loses so much at each look, with folders that hold `held`. */
async function watch(losses: readonly Partial<Held>[], held: Held) {
  const asked: string[] = [];
  const ending = new AbortController();
  let left = disk;
  const coming = [{}, ...losses];
  const free = async () => {
    const { bytes = 0, files = 0 } = coming.shift() ?? {};
    if (coming.length === 0) ending.abort();
    left = { bytes: left.bytes - bytes, files: left.files - files };
    return left;
  };
  const sumOf = async (what: keyof Held) => {
    asked.push(what);
    return held[what];
  };
  return { isFull: await outgrows({ free, sumOf }, 64 * mb, ending.signal), asked };
}

test("folders are looked into only for what the disk has lost", async () => {
  const little = { bytes: mb, files: 10 };
  assert.deepEqual(await watch([{ bytes: 9 * mb }, { bytes: 9 * mb, files: 500 }], little), {
    isFull: false,
    asked: ["bytes"],
  });
  assert.deepEqual(await watch([{ files: 600 }, { bytes: mb, files: 600 }], little), {
    isFull: false,
    asked: ["files"],
  });
});

test("too many bytes are too much, and so are too many files", async () => {
  const lost = { bytes: 20 * mb, files: 2000 };
  const { isFull } = await watch([lost], { bytes: 65 * mb, files: 1 });
  assert.equal(isFull, true);
  const many = await watch([lost], { bytes: mb, files: 4097 });
  assert.deepEqual(many, { isFull: true, asked: ["bytes", "files"] });
});

test("a disk has room for bytes and for files", async () => {
  const { bytes, files } = await freeOn(import.meta.dirname);
  assert.ok(bytes > 0 && files > 0, `${bytes} bytes, ${files} files`);
});
