import assert from "node:assert/strict";
import { test } from "node:test";
import { createSseParser } from "./sse.ts";

test("messages are whole, however the stream is cut", () => {
  const text = 'id: 7\nevent: job\ndata: {"a":1}\n\n: still here\n\ndata: x\ndata: y\n\n';
  const parse = createSseParser();
  const messages = text.split("").flatMap((character) => parse(character));
  assert.deepEqual(messages, [
    { event: "job", data: '{"a":1}', id: "7" },
    { event: "message", data: "x\ny", id: null },
  ]);
});

test("a message that is not ended is not told", () => {
  assert.deepEqual(createSseParser()("data: x\n"), []);
});
