import assert from "node:assert/strict";
import { test } from "node:test";
import { parseYaml, YamlError } from "./yaml.ts";

function refusal(text: string): YamlError {
  try {
    parseYaml(text);
  } catch (error) {
    assert.ok(error instanceof YamlError);
    return error;
  }
  return assert.fail("it was taken");
}

test("every value knows its line and how it was written", () => {
  const yaml = parseYaml("# top\na:\n  b: 1.10\n  c:\n  - x\n  - yes\nd: |\n  one\n  two\n");
  assert.deepEqual(yaml.value, { a: { b: 1.1, c: ["x", "yes"] }, d: "one\ntwo\n" });
  assert.deepEqual(yaml.at(["a", "b"]), { line: 3, contentLine: 3, source: "1.10" });
  assert.equal(yaml.at(["a", "c", 1])?.line, 6);
  assert.deepEqual(yaml.at(["d"]), { line: 7, contentLine: 8, source: "one\ntwo\n" });
  assert.equal(yaml.at(["a", "z"]), undefined);
});

test("anchors and merge keys are resolved, and what stands there itself wins", () => {
  const { value } = parseYaml("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x\n");
  assert.deepEqual(value, { x: { a: 1, b: 2 }, y: { a: 1, b: 3 }, z: { a: 1, b: 2 } });
});

test("of several merged mappings the first wins", () => {
  const { value } = parseYaml("a: &a {k: 1}\nb: &b {k: 2, l: 2}\nc: {<<: [*a, *b]}\n");
  assert.deepEqual((value as Record<string, unknown>)["c"], { k: 1, l: 2 });
});

test("keys keep the spelling that they have in the file", () => {
  assert.deepEqual(parseYaml("1.10: a\ntrue: b\n").value, { "1.10": "a", true: "b" });
});

test("what is not one plain document is refused with its line", () => {
  assert.equal(refusal("a: 1\n\tb: 2\n").line, 2);
  assert.match(refusal("a: 1\n\tb: 2\n").message, /Tabs/);
  assert.equal(refusal("a: 1\nb: 1\na: 2\n").line, 3);
  assert.match(refusal("a: 1\n---\nb: 1\n").message, /more than one document/);
  assert.equal(refusal("a: 1\nb: 'x\n").line, 3);
  assert.match(refusal("a: !!python/object x\n").message, /tag/);
  assert.match(refusal("a: 1\nb: *x\n").message, /no anchor/);
  assert.match(refusal("? [a]\n: 1\n").message, /plain word/);
  assert.match(refusal("a:\n  __proto__: {b: 1}\n").message, /__proto__/);
  assert.match(refusal("a: {<<: 3}\n").message, /mapping/);
});

test("a cycle, an alias bomb and deep nesting end in a refusal, soon", () => {
  assert.match(refusal("a: &a [*a]\n").message, /inside its own anchor/);
  const names = "abcdefghijkl".split("");
  const rows = names.map((name, i) => {
    const items = Array.from({ length: 9 }, () => (i === 0 ? "x" : `*${names[i - 1]}`));
    return `${name}: &${name} [${items.join(", ")}]`;
  });
  assert.match(refusal(rows.join("\n")).message, /far too many/);
  assert.match(refusal("[".repeat(20_000)).message, /nested too deeply/);
  assert.match(refusal(`${"[".repeat(60)}${"]".repeat(60)}`).message, /nested too deeply/);
});

test("nothing at all is null", () => {
  assert.equal(parseYaml("").value, null);
  assert.equal(parseYaml("# only words\n").value, null);
});
