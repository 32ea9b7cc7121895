import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFrame, frameReader } from "./frames.ts";

const sent = [
  [1, "one"],
  [8, ""],
  [2, "x".repeat(300)],
] as const;
const bytes = Buffer.concat(sent.map(([type, text]) => encodeFrame(type, text)));

test("frames are the same however their bytes are cut", () => {
  for (let size = 1; size <= bytes.length; size += 1) {
    const read = frameReader(300);
    const found: [number, string][] = [];
    for (let from = 0; from < bytes.length; from += size) {
      const frames = read(bytes.subarray(from, from + size));
      for (const { type, payload } of frames) found.push([type, payload.toString()]);
    }
    assert.deepEqual(found, sent, `pieces of ${size}`);
  }
});

test("what came in one piece is not copied", () => {
  const [frame] = frameReader(300)(bytes);
  assert.equal(frame?.payload.buffer, bytes.buffer);
});

test("class 22, exhaustion: a frame that comes byte by byte is read in time, and takes no more memory", () => {
  const text = "y".repeat(1_000_000);
  const slow = Buffer.concat([encodeFrame(1, text), encodeFrame(2, "next")]);
  const read = frameReader(text.length);
  const before = process.memoryUsage();
  const startedMs = performance.now();
  const frames = [];
  for (const byte of slow) frames.push(...read(Uint8Array.of(byte)));
  const { heapUsed, external } = process.memoryUsage();
  const grownMb = (heapUsed + external - before.heapUsed - before.external) / 1024 ** 2;
  assert.deepEqual(
    frames.map(({ payload }) => payload.toString()),
    [text, "next"],
  );
  assert.ok(performance.now() - startedMs < 10_000);
  assert.ok(grownMb < 100, `${grownMb} MB`);
});

test("a frame that is too long is refused before its payload comes", () => {
  const read = frameReader(299);
  assert.throws(() => read(bytes.subarray(0, -300)), /a frame of 300 bytes is too long/);
});
