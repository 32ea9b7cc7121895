import type Database from "better-sqlite3";

const keptMax = 300;

/**
 * Keeps what a database has prepared, by its text: preparing costs more than most statements take
 * themselves, and each leaves something to collect. Those not asked for the longest go first.
 */
export function keepStatements(db: Database.Database): void {
  const kept = new Map<string, Database.Statement>();
  const prepare = db.prepare.bind(db);
  const prepareOnce = (source: string): Database.Statement => {
    const statement = kept.get(source) ?? prepare(source);
    kept.delete(source);
    kept.set(source, statement);
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    // Whoever asked for it before may have wanted rows as arrays.
    return statement.reader ? statement.raw(false) : statement;
  };
  // The type of `prepare` names the values and rows of a statement, which it does not check either.
  db.prepare = prepareOnce as typeof db.prepare;
}
