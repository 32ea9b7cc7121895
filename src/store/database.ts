import Database from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { drizzle, migrate } from "./drizzle.ts";

const migrationsFolder = join(import.meta.dirname, "migrations");

export type Db = BetterSQLite3Database;

/**
 * Opens the state, brought to the newest schema. Before a migration the file is copied to
 * `<file>.before-<count>`; all migrations are one transaction, so they apply whole or not at all.
 */
export function openDatabase(file: string): { db: Db; close: () => void } {
  const sqlite = new Database(file);
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = FULL");
  sqlite.pragma("foreign_keys = ON");
  sqlite.pragma("busy_timeout = 5000");
  const db = drizzle(sqlite);
  const [applied, known] = [appliedMigrations(sqlite), knownMigrations()];
  if (applied > known) {
    throw new Error(
      `${file} was written by a newer Berth (${applied} migrations, this one knows ${known})`,
    );
  }
  if (applied < known) {
    if (applied > 0) snapshot(sqlite, `${file}.before-${known}`);
    // Rebuilding a table, as SQLite's migrations do, must not cascade into its children.
    sqlite.pragma("foreign_keys = OFF");
    migrate(db, { migrationsFolder });
    sqlite.pragma("foreign_keys = ON");
  }
  return { db, close: () => void sqlite.close() };
}

function appliedMigrations(sqlite: Database.Database): number {
  const table = sqlite
    .prepare("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'")
    .get();
  if (!table) return 0;
  const row = sqlite.prepare("SELECT count(*) AS count FROM __drizzle_migrations").get() as {
    count: number;
  };
  return row.count;
}

function knownMigrations(): number {
  const journal = JSON.parse(
    readFileSync(join(migrationsFolder, "meta/_journal.json"), "utf8"),
  ) as {
    entries: unknown[];
  };
  return journal.entries.length;
}

function snapshot(sqlite: Database.Database, file: string): void {
  if (existsSync(file)) rmSync(file);
  sqlite.prepare("VACUUM INTO ?").run(file);
}
