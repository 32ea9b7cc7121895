import Database from "better-sqlite3";
import { rmSync } from "node:fs";
import { ensurePrivateFile } from "#lib/files.ts";
import { keepStatements } from "#lib/statements.ts";

/** Files of another format are emptied. */
const format = 1;

/** Opens the file with its tables; one that cannot be read is begun anew. */
export function openOrBeginAnew(file: string): Database.Database {
  try {
    return open(file);
  } catch (error) {
    const { code } = error as { code?: string };
    if (file === ":memory:" || !/^SQLITE_(?:CORRUPT|NOTADB)/.test(code ?? "")) throw error;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
    return open(file);
  }
}

function open(file: string): Database.Database {
  if (file !== ":memory:") ensurePrivateFile(file);
  const db = new Database(file);
  try {
    db.pragma("journal_mode = WAL");
    // A power cut may cost the last moments, never the file.
    db.pragma("synchronous = NORMAL");
    db.pragma("cache_size = -1000");
    if (Number(db.pragma("user_version", { simple: true })) !== format) {
      db.exec(
        "DROP TABLE IF EXISTS series; DROP TABLE IF EXISTS ticks; DROP TABLE IF EXISTS chunks",
      );
    }
    db.exec(`
      CREATE TABLE IF NOT EXISTS series (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, branch_id INTEGER, name TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS series_by_branch ON series (branch_id);
      CREATE TABLE IF NOT EXISTS ticks (at INTEGER PRIMARY KEY, data BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS chunks (
        series_id INTEGER NOT NULL, step INTEGER NOT NULL, start INTEGER NOT NULL,
        data BLOB NOT NULL, UNIQUE (series_id, step, start));
      CREATE INDEX IF NOT EXISTS chunks_by_age ON chunks (step, start);
    `);
    db.pragma(`user_version = ${format}`);
    keepStatements(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
