import assert from "node:assert/strict";
import test from "node:test";
import type { ConfigVars } from "#domain/config-var.ts";
import { Secret } from "#domain/secret.ts";
import { createOutput } from "./output.ts";

test("a program's lines stand indented under its heading, whatever pieces they come in", () => {
  const shown = printed(["one\nt", "wo\n", "\nfo", "ur"]);
  assert.equal(shown, "       one\n       two\n       \n       four\n");
});

test("bytes pass through unchanged, also those of a character in two chunks", () => {
  const bytes = Buffer.from("é🚀\n");
  const shown: Buffer[] = [];
  const output = createOutput(
    writer((chunk) => shown.push(Buffer.from(chunk))),
    {},
  );
  for (const byte of bytes) output.write(Buffer.from([byte]));
  output.end();
  assert.equal(Buffer.concat(shown).toString("utf8"), "       é🚀\n");
});

test("of a flood the beginning and the last lines are shown, and how much is not", () => {
  const lines = Array.from({ length: 300_000 }, (_, index) => `line ${index}\n`);
  const text = lines.join("");
  for (const size of [text.length, 65_536, 1000]) {
    const shown = printed(cut(text, size));
    assert.ok(shown.length < 2_500_000, `${shown.length} characters for pieces of ${size}`);
    assert.match(shown, /^ {7}line 0\n {7}line 1\n/);
    assert.match(shown, /\n {7}line 299998\n {7}line 299999\n$/);
    const omitted = Number(/\n {7}\[(\d+) bytes of output were left out here\]\n/.exec(shown)?.[1]);
    const kept = shown.replace(/\n {7}\[.*\]\n {7}/, "").replaceAll(/^ {7}/gm, "");
    assert.equal(kept.length + omitted, text.length);
  }
});

test("the end of one endless line is shown too", () => {
  const shown = printed(cut(`${"x".repeat(5_000_000)}the end`, 65_536));
  assert.match(shown, /were left out here\]\n {7}x+the end\n$/);
  const closed = printed(cut(`${"x".repeat(5_000_000)}the end\n`, 65_536));
  assert.match(closed, /were left out here\]\n {7}x+the end\n$/);
});

test("what only just does not fit is shown whole", () => {
  const text = `${"x".repeat(99)}\n`.repeat(10_490);
  const shown = printed(cut(text, 65_536));
  assert.equal(shown.replaceAll(/^ {7}/gm, ""), text);
});

test("a secret is not shown, neither at the beginning nor at the end of a flood", () => {
  const env = { PASSWORD: Secret.of("opensesame") };
  const shown = printed(cut(`opensesame${"x".repeat(5_000_000)}opensesame`, 1000), env);
  assert.match(shown, /^ {7}\[secret\]x/);
  assert.match(shown, /x\[secret\]\n$/);
  assert.ok(!shown.includes("opensesame"));
});

function printed(chunks: readonly string[], env: ConfigVars = {}): string {
  let shown = "";
  const output = createOutput(
    writer((bytes) => (shown += Buffer.from(bytes).toString("utf8"))),
    env,
  );
  for (const chunk of chunks) output.write(Buffer.from(chunk));
  output.end();
  return shown;
}

function writer(raw: (bytes: Uint8Array) => void) {
  return { raw, heading: () => {}, line: () => {} };
}

function cut(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}
