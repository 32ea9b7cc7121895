import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProcfile } from "./procfile.ts";

function problemOf(text: string): string {
  try {
    parseProcfile(text);
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
  return assert.fail("it was taken");
}

test("web gets a port, release is the release command, everything else is a worker", () => {
  const text =
    "# ours\r\n\r\nweb: node a.js --port=$PORT\r\nrelease: ./migrate\r\nclock-2:  x : y \r\n";
  const { processTypes, releaseCommand } = parseProcfile(text);
  const common = { directory: "", count: 1, stripPrefix: false };
  assert.deepEqual(processTypes, {
    web: { kind: "web", command: "node a.js --port=$PORT", ...common },
    "clock-2": { kind: "worker", command: "x : y", ...common },
  });
  assert.equal(releaseCommand, "./migrate");
});

test("static names the folder that is served", () => {
  const { processTypes } = parseProcfile("static: /public/");
  assert.equal(processTypes["static"]?.kind, "static");
  assert.equal(processTypes["static"]?.directory, "public");
  assert.match(problemOf("web: x\nstatic: ../etc"), /^Procfile:2: static takes a folder/);
});

test("a name given twice is refused with both lines", () => {
  assert.equal(problemOf("web: a\n\nweb: b\n"), "Procfile:3: web stands on line 1 already");
});

test("what is no line of a Procfile is refused with its line", () => {
  assert.match(problemOf("web: a\nnode b.js\n"), /^Procfile:2: there is no colon/);
  assert.match(problemOf("web: a\nmy job: b\n"), /^Procfile:2: "my job" is no name/);
  assert.match(problemOf("__proto__: b\n"), /^Procfile:1: "__proto__" is no name/);
  assert.match(problemOf("web:   \n"), /^Procfile:1: web has no command/);
  assert.match(problemOf("web: a\0b\n"), /^Procfile:1: web holds a NUL/);
});

test("a name that every object has is only a name", () => {
  const { processTypes } = parseProcfile("constructor: x\n");
  assert.deepEqual(Object.keys(processTypes), ["constructor"]);
});

test("an empty or an oversized Procfile is refused", () => {
  assert.match(problemOf("# nothing\n"), /names no process type/);
  assert.match(problemOf("release: x\n"), /names no process type/);
  assert.match(problemOf(`web: ${"x".repeat(64 * 1024)}`), /64 KiB/);
});
