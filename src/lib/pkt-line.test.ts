import assert from "node:assert/strict";
import { Readable } from "node:stream";
import test from "node:test";
import { createPktReader, flushPkt, renderPktLine } from "./pkt-line.ts";

test("what is written is read again, however it is cut on the way", async () => {
  const sections = [["one", "zwei ü", ""], [], ["x".repeat(65_000), "nul \0 inside"]];
  const bytes = Buffer.concat(
    sections.flatMap((lines) => [...lines.map((it) => renderPktLine(`${it}\n`)), flushPkt]),
  );
  for (const size of [1, 2, 3, 7, 4096, bytes.length]) {
    const reader = createPktReader(cut(bytes, size));
    for (const lines of sections) assert.deepEqual(await reader.section(), lines, `by ${size}`);
  }
});

test("the length counts bytes and itself", () => {
  assert.equal(renderPktLine("a\n").toString(), "0006a\n");
  assert.equal(renderPktLine("ü").toString(), "0006ü");
  assert.equal(renderPktLine("").toString(), "0004");
});

test("anything else is refused, and nothing is waited for that cannot come", async () => {
  for (const text of [
    "",
    "000",
    "0006a",
    "zzzz",
    "0zzz",
    "-002",
    "0x1a",
    "0001",
    "0003",
    "fff1",
    " 12 ",
  ]) {
    const reader = createPktReader(cut(Buffer.from(text), 4));
    await assert.rejects(reader.section(), /not a line of git's|ended inside a line/, text);
  }
});

function cut(bytes: Buffer, size: number): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return Readable.from(pieces);
}
