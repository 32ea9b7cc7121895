import Database from "better-sqlite3";
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepStatements } from "./statements.ts";

test("what is prepared is kept, within bounds, and gives rows as each asks for them", () => {
  using db = Object.assign(new Database(":memory:"), { [Symbol.dispose]: () => void db.close() });
  keepStatements(db);
  const text = "SELECT ? AS given";
  const first = db.prepare(text);
  assert.deepEqual(first.raw().all(1), [[1]]);
  assert.deepEqual(db.prepare(text).all(2), [{ given: 2 }]);
  assert.equal(db.prepare(text), first);
  db.exec("CREATE TABLE numbers (n INTEGER)");
  const add = "INSERT INTO numbers VALUES (?) RETURNING n";
  for (const number of [1, 2]) assert.deepEqual(db.prepare(add).get(number), { n: number });
  db.exec("ALTER TABLE numbers ADD COLUMN more TEXT");
  const [, row] = db.prepare("SELECT * FROM numbers").all();
  assert.deepEqual(row, { n: 2, more: null });
  for (let n = 0; n < 300; n += 1) db.prepare(`SELECT ${n}`);
  assert.notEqual(db.prepare(text), first);
});
