import Database from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "#lib/checkout.ts";
import { ensurePrivateFile } from "#lib/files.ts";
import { keepStatements } from "#lib/statements.ts";
import { drizzle, migrate } from "./drizzle.ts";

const ownMigrations = join(checkout, "src/store/migrations");

export type Db = BetterSQLite3Database;

/**
 * Adds a row in a transaction of its own. Outside of one, a row that `returning` gives is committed
 * only as the statement is put away, and a full disk then goes unnoticed.
 */
export function addRow<Row>(db: Db, add: (tx: Pick<Db, "insert">) => Row): Row {
  return db.transaction((tx) => add(tx), { behavior: "immediate" });
}

/**
 * Adds a row with sealed texts, which are bound to its number: that is known only when it is there.
 * Gives the number.
 */
export function addSealedRow(
  db: Db,
  add: (tx: Pick<Db, "insert">) => { readonly id: number },
  seal: (tx: Pick<Db, "update">, id: number) => void,
): number {
  return db.transaction(
    (tx) => {
      const { id } = add(tx);
      seal(tx, id);
      return id;
    },
    { behavior: "immediate" },
  );
}

/**
 * Opens the state, brought to the newest schema. Before a migration the file is copied to
 * `<file>.before-<count>`; all migrations are one transaction, so they apply whole or not at all.
 */
export function openDatabase(
  file: string,
  migrationsFolder = ownMigrations,
): { db: Db; close: () => void } {
  if (file !== ":memory:") ensurePrivateFile(file);
  // From before its files were private.
  for (const left of ["-wal", "-shm"].map((suffix) => file + suffix))
    if (existsSync(left)) ensurePrivateFile(left);
  const sqlite = new Database(file);
  try {
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    sqlite.pragma("busy_timeout = 5000");
    const db = drizzle(sqlite);
    upgrade(sqlite, db, { file, migrationsFolder });
    sqlite.pragma("foreign_keys = ON");
    keepStatements(sqlite);
    return { db, close: () => void sqlite.close() };
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** Foreign keys are off meanwhile: rebuilding a table must not cascade into its children. */
function upgrade(
  sqlite: Database.Database,
  db: Db,
  { file, migrationsFolder }: { file: string; migrationsFolder: string },
): void {
  sqlite.pragma("foreign_keys = OFF");
  const [applied, known] = [appliedMigrations(sqlite), knownMigrations(migrationsFolder)];
  if (applied > known) {
    throw new Error(
      `${file} was written by a newer Berth (${applied} migrations, this one knows ${known})`,
    );
  }
  if (applied === known) return;
  if (applied > 0) snapshot(sqlite, `${file}.before-${known}`);
  migrate(db, { migrationsFolder });
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

function knownMigrations(migrationsFolder: string): number {
  const journal = JSON.parse(
    readFileSync(join(migrationsFolder, "meta/_journal.json"), "utf8"),
  ) as {
    entries: unknown[];
  };
  return journal.entries.length;
}

/** Writes a copy as the database is at one moment, while others may go on writing to it. */
export function copyDatabase(file: string, copy: string): void {
  const sqlite = new Database(file, { fileMustExist: true });
  try {
    snapshot(sqlite, copy);
  } finally {
    sqlite.close();
  }
}

function snapshot(sqlite: Database.Database, file: string): void {
  if (existsSync(file)) rmSync(file);
  ensurePrivateFile(file);
  sqlite.prepare("VACUUM INTO ?").run(file);
}
