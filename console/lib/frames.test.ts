import assert from "node:assert/strict";
import { test } from "node:test";
import { createFrameReader, encodeFrame } from "./frames.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (payload: Uint8Array) => new TextDecoder().decode(payload);

test("frames are whole, however they were cut on their way", () => {
  const sent = [...encodeFrame(1, bytes("hello")), ...encodeFrame(8, bytes("")), 1, 0, 0];
  const read = createFrameReader();
  const frames = sent.flatMap((byte) => read(Uint8Array.of(byte)));
  assert.deepEqual(
    frames.map(({ type, payload }) => [type, textOf(payload)]),
    [
      [1, "hello"],
      [8, ""],
    ],
  );
  const together = createFrameReader()(Uint8Array.from(sent));
  assert.equal(together.length, 2);
});

test("a frame that is longer than any is refused before it is awaited", () => {
  const read = createFrameReader();
  assert.throws(() => read(Uint8Array.of(1, 255, 0, 0, 0)), RangeError);
});
