import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { renderConfigReference } from "./config-reference.ts";

test("the reference of the configuration is up to date", () => {
  const page = new URL("../../docs/reference/config.md", import.meta.url);
  if (process.env["BERTH_GOLDEN"] === "write") writeFileSync(page, renderConfigReference());
  assert.equal(readFileSync(page, "utf8"), renderConfigReference());
});

test("every key says what it means", () => {
  const rows = renderConfigReference().match(/^\| `.*/gm) ?? [];
  assert.ok(rows.length > 50);
  const silent = rows.filter((row) => /\|\s+\|/.test(row));
  assert.deepEqual(silent, []);
});
