import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exitCodeOf } from "#cli/errors.ts";
import { errorCatalog, PlatformError, type ErrorCode } from "#domain/errors.ts";
import { problemOf } from "#server/http/errors.ts";
import { references } from "./reference.ts";

const folder = join(import.meta.dirname, "../docs/reference");

test("the reference is what the code says; BERTH_GOLDEN=write brings it up to date", async () => {
  for (const [name, render] of Object.entries(references)) {
    const page = join(folder, name);
    if (process.env["BERTH_GOLDEN"] === "write") await writeFile(page, render());
    assert.equal(await readFile(page, "utf8"), render(), name);
  }
});

test("nothing but generated pages is in the reference", async () => {
  const known = [...Object.keys(references), "config.md"].toSorted();
  assert.deepEqual((await readdir(folder)).toSorted(), known);
});

test("the page of errors tells the exit codes and statuses that the doors use", () => {
  const page = references["errors.md"]?.() ?? "";
  for (const [code, { kind }] of Object.entries(errorCatalog)) {
    // The keys of the catalogue are its codes.
    const error = new PlatformError(code as ErrorCode);
    const [exit, { status }] = [exitCodeOf(error), problemOf(error)];
    if (page.includes(`\`${code}\` (${status})`)) continue;
    const row = new RegExp(String.raw`^\| ${kind} .*\| ${exit} +\| ${status} `, "m");
    assert.match(page, row);
  }
});
