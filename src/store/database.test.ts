import Database from "better-sqlite3";
import assert from "node:assert/strict";
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeAtomic } from "#lib/files.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { openDatabase } from "./database.ts";

const ours = join(import.meta.dirname, "migrations");

/** A folder with our migrations, and functions to add one more and to open a database with them. */
async function createWorld() {
  const folder = await temporaryFolder();
  const file = join(folder.path, "berth.db");
  const next = join(folder.path, "migrations");
  await cp(ours, next, { recursive: true });
  const journal = join(next, "meta/_journal.json");
  // Written by drizzle-kit, of this shape.
  const known = JSON.parse(await readFile(journal, "utf8")) as { entries: { when: number }[] };
  const count = known.entries.length;
  return {
    file,
    next,
    count,
    names: async () =>
      (await readdir(folder.path)).filter((name) => /^berth\.db(?:\.b|$)/.test(name)),
    addMigration: async (statements: readonly string[]) => {
      const when = (known.entries.at(-1)?.when ?? 0) + 1000;
      const added = { idx: count, version: "6", when, tag: "9999_next", breakpoints: true };
      const entries = [...known.entries, added];
      await writeAtomic(journal, JSON.stringify({ ...known, entries }));
      const text = statements.join("\n--> statement-breakpoint\n");
      await writeAtomic(join(next, "9999_next.sql"), text);
    },
    /** What one SELECT answers in the file, without any of our code. */
    ask: (path: string, sql: string): unknown[] => {
      const plain = new Database(path, { readonly: true });
      try {
        return plain.prepare(sql).all();
      } finally {
        plain.close();
      }
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const addColumn = "ALTER TABLE `keys` ADD `note` text DEFAULT 'none';";
const insertKey =
  "INSERT INTO keys (name, type, blob, fingerprint, created_at) VALUES ('ann', 't', 'b', 'f', 0);";
const columns = "SELECT name FROM pragma_table_info('keys') WHERE name = 'note'";

function write(file: string, sql: string): void {
  const plain = new Database(file);
  plain.exec(sql);
  plain.close();
}

test("a new file has the newest schema at once, and no copy of before", async () => {
  await using world = await createWorld();
  openDatabase(world.file).close();
  assert.deepEqual(await world.names(), ["berth.db"]);
  assert.equal(world.ask(world.file, "SELECT * FROM __drizzle_migrations").length, world.count);
});

test("class 25, restoring: an older file is copied, then upgraded with all that it holds", async () => {
  await using world = await createWorld();
  openDatabase(world.file).close();
  write(world.file, insertKey);
  await world.addMigration([addColumn]);
  openDatabase(world.file, world.next).close();
  assert.deepEqual(world.ask(world.file, "SELECT name, note FROM keys"), [
    { name: "ann", note: "none" },
  ]);
  const copy = `${world.file}.before-${world.count + 1}`;
  assert.deepEqual(world.ask(copy, "SELECT name FROM keys"), [{ name: "ann" }]);
  assert.deepEqual(world.ask(copy, columns), []);
  openDatabase(world.file, world.next).close();
  assert.equal((await world.names()).length, 2);
});

test("class 25, restoring: a file of a newer Berth is refused and stays as it is", async () => {
  await using world = await createWorld();
  await world.addMigration([addColumn]);
  openDatabase(world.file, world.next).close();
  assert.throws(() => openDatabase(world.file), /was written by a newer Berth/);
  assert.equal(world.ask(world.file, columns).length, 1);
});

test("a migration that breaks half-way leaves no trace, and is done once it is mended", async () => {
  await using world = await createWorld();
  openDatabase(world.file).close();
  write(world.file, insertKey);
  await world.addMigration([addColumn, "ALTER TABLE `nowhere` ADD `x` text;"]);
  assert.throws(() => openDatabase(world.file, world.next));
  assert.deepEqual(world.ask(world.file, columns), []);
  openDatabase(world.file).close();
  await world.addMigration([addColumn]);
  openDatabase(world.file, world.next).close();
  assert.equal(world.ask(world.file, columns).length, 1);
});

test("a migration that rebuilds a table keeps the rows that refer to it", async () => {
  await using world = await createWorld();
  openDatabase(world.file).close();
  write(world.file, "INSERT INTO apps (id, name, created_at) VALUES (1, 'shop', 0);");
  write(
    world.file,
    "INSERT INTO branches (id, app_id, name, is_default, config, mode) VALUES (1, 1, 'main', 1, '{}', 'serving');",
  );
  await world.addMigration([
    "CREATE TABLE `new_apps` AS SELECT * FROM `apps`;",
    "DROP TABLE `apps`;",
    "ALTER TABLE `new_apps` RENAME TO `apps`;",
  ]);
  openDatabase(world.file, world.next).close();
  assert.equal(world.ask(world.file, "SELECT * FROM branches").length, 1);
});
