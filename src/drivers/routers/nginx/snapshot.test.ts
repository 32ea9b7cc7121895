import assert from "node:assert/strict";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { backend, host } from "../../../../test/contract/router.ts";
import { temporaryFolder } from "../../../../test/machine.ts";
import { entriesOf, lineOf, openSnapshot, readSnapshot } from "./snapshot.ts";

const route = host({ "/": "1/web" });

test("a change is one line, backends first when they come and last when they go", () => {
  const line = lineOf({
    hosts: { "a.test": route, "b.test": null },
    backends: { 1: backend([]), 2: null },
  });
  const keys = line.split("\t").filter((_, index) => index % 2 === 0);
  assert.deepEqual(keys, ["b:1", "h:a.test", "h:b.test", "b:2"]);
  assert.equal(line.indexOf("\n"), line.length - 1);
});

test("a change of nothing is no line", () => {
  assert.equal(lineOf({ hosts: {}, backends: {} }), "");
});

test("a line that was cut off is left out as a whole", () => {
  const whole = lineOf({ hosts: { "a.test": route }, backends: { 1: backend([]) } });
  for (let length = 0; length < whole.length; length += 1) {
    const { entries, torn } = readSnapshot(`b:0\t{}\n${whole.slice(0, length)}`);
    assert.deepEqual([...entries.keys()], ["b:0"]);
    assert.equal(torn, length > 0);
  }
});

test("a snapshot that is opened again has all that was changed", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "routes");
  const first = await openSnapshot(path);
  await first.replace({ hosts: { "a.test": route }, backends: { 1: backend([]) } });
  await first.change({ hosts: { "a.test": null, "b.test": route }, backends: {} });
  await appendFile(path, "h:torn");
  const { entries } = readSnapshot((await openSnapshot(path)).text());
  const expected = { hosts: { "b.test": route }, backends: { 1: backend([]) } };
  assert.deepEqual(entries, entriesOf(expected));
});

test("many changes of few entries do not make the file grow", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "routes");
  const snapshot = await openSnapshot(path);
  for (let times = 0; times < 1_010; times += 1) {
    await snapshot.change({ hosts: {}, backends: { 1: backend([`127.0.0.1:${times}`]) } });
  }
  const text = await readFile(path, "utf8");
  assert.ok(text.split("\n").length < 20);
  assert.match(text, /127\.0\.0\.1:1009/);
});
