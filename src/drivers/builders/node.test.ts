import assert from "node:assert/strict";
import test from "node:test";
import type { Tree } from "#domain/builder.ts";
import { node } from "./node.ts";

test("dependencies are installed as the lock file says, and the build script runs after that", async () => {
  const manifest = JSON.stringify({ dependencies: { a: "1" }, scripts: { build: "tsc" } });
  assert.deepEqual(await build({ "package.json": manifest }), [
    "npm install --no-audit --no-fund",
    "npm run build",
  ]);
  assert.deepEqual(await build({ "package.json": manifest, "package-lock.json": "{}" }), [
    "npm ci --no-audit --no-fund",
    "npm run build",
  ]);
});

test("a package without dependencies and scripts needs no npm at all", async () => {
  for (const manifest of ["{}", '{"dependencies":{}}', '\uFEFF{"name":"x"}', '{"scripts":"no"}']) {
    assert.deepEqual(await build({ "package.json": manifest }), [], manifest);
  }
});

test("the start script is the web process, else server.js is", () => {
  const types = (files: Record<string, string>) => node.processTypes(treeOf(files))["web"]?.command;
  assert.equal(
    types({ "package.json": '{"scripts":{"start":"x"}}', "server.js": "" }),
    "npm start",
  );
  assert.equal(types({ "package.json": "{}", "server.js": "" }), "node server.js");
  assert.equal(types({ "package.json": "{}" }), undefined);
});

test("a package.json that npm could not read is named, with what is wrong with it", async () => {
  const cases = {
    "{bad": /Reading package\.json failed: it is not JSON: .*position 1/,
    "": /it is not JSON/,
    null: /it holds no object/,
    "7": /it holds no object/,
  };
  for (const [text, message] of Object.entries(cases)) {
    const broken = { code: "build_failed", message };
    await assert.rejects(build({ "package.json": text }), broken);
    assert.throws(() => node.processTypes(treeOf({ "package.json": text })), broken);
  }
  const large = { ...treeOf({ "package.json": "{}" }), read: () => null };
  assert.throws(() => node.processTypes(large), /it is larger than 1 MiB/);
});

test("names from Object's prototype are no dependencies", async () => {
  const manifest = '{"__proto__":{"dependencies":{"a":"1"}},"scripts":{"toString":"x"}}';
  assert.deepEqual(await build({ "package.json": manifest }), []);
});

async function build(files: Record<string, string>): Promise<string[]> {
  const commands: string[] = [];
  const run = async (command: string) => void commands.push(command);
  await node.build({ tree: treeOf(files), run, say: () => {} });
  return commands;
}

function treeOf(files: Record<string, string>): Tree {
  return { has: (path) => Object.hasOwn(files, path), read: (path) => files[path] ?? null };
}
