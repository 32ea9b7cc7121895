import Database from "better-sqlite3";
import { join } from "node:path";

type Size = {
  readonly apps: number;
  readonly releasesEach: number;
  readonly jobsEach: number;
  readonly events: number;
};

/** Columns that a copied row has otherwise; the others stay as they are in the row that is copied. */
type Changes = Readonly<Record<string, string>>;

/** Copies the one app of a home that is down, with its releases and jobs, and makes events. */
export function growDatabase(home: string, size: Size): void {
  const db = new Database(join(home, "data/berth.db"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = OFF");
  const { apps, releasesEach, jobsEach, events } = size;
  const name = "printf('app-%04d', n)";
  // From 2 on: the first rows are those of the app that is there.
  const times = (count: number) => `numbers.n BETWEEN 2 AND ${count + 1}`;
  db.exec(`CREATE TEMP TABLE numbers AS WITH RECURSIVE c(n) AS
    (SELECT 2 UNION ALL SELECT n + 1 FROM c LIMIT ${Math.max(events, apps * jobsEach) + 2}) SELECT n FROM c`);
  copy(db, "apps", times(apps), { id: "n", name, user_number: "n + 20000" });
  copy(db, "branches", times(apps), {
    id: "n",
    app_id: "n",
    mode: "'stopped'",
    current_release_id: `(n - 1) * ${releasesEach} + 1`,
  });
  copy(db, "artifacts", times(apps), { id: "n", branch_id: "n" });
  const of = (each: number) => `((n - 2) / ${each} + 2)`;
  copy(db, "releases", times(apps * releasesEach), {
    id: "n",
    branch_id: of(releasesEach),
    artifact_id: of(releasesEach),
    number: `(n - 2) % ${releasesEach} + 1`,
  });
  copy(db, "jobs", times(apps * jobsEach), {
    id: "n",
    branch_id: of(jobsEach),
    app_id: of(jobsEach),
    target: `printf('app-%04d', ${of(jobsEach)})`,
    actor: "CASE n % 3 WHEN 0 THEN 'bob' ELSE 'ann' END",
    status: "CASE n % 50 WHEN 0 THEN 'failed' ELSE 'done' END",
  });
  const types = ["instance.started", "instance.healthy", "deploy.started", "release.current"];
  const usual = types.map((type, at) => `WHEN ${at} THEN '${type}'`).join(" ");
  // Sorted once at the end they are made in half the time.
  const indexes = indexesOf(db, "events");
  for (const { name: index } of indexes) db.exec(`DROP INDEX ${index}`);
  db.exec(`INSERT INTO events (at, type, app_id, target, actor, door, message)
    SELECT 1750000000000 + n * 30000,
      CASE WHEN n % 100000 = 0 THEN 'app.destroyed' WHEN n % 97 = 0 THEN 'deploy.failed'
        ELSE CASE n % ${types.length} ${usual} END END,
      n % ${apps} + 2, printf('app-%04d', n % ${apps} + 2),
      CASE WHEN n % 200000 = 0 THEN 'rare' WHEN n % 3 = 0 THEN 'bob' ELSE 'berth' END,
      'git', 'Something of a usual length happened to it.'
    FROM numbers LIMIT ${events}`);
  for (const { sql } of indexes) db.exec(sql);
  // As if berthd had looked at each as it happened, for who wants to be told; else it would at its start.
  db.exec("UPDATE marks SET value = (SELECT max(id) FROM events) WHERE name = 'notified'");
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

function indexesOf(db: Database.Database, table: string) {
  const query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?";
  return db.prepare<[string], { name: string; sql: string }>(query).all(table);
}

/** Adds a row for each number, like the first of the table but for what `changes` says. */
function copy(db: Database.Database, table: string, which: string, changes: Changes): void {
  const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all();
  const values = columns.map((column) => changes[String(column)] ?? `first."${String(column)}"`);
  db.exec(`INSERT INTO ${table} (${columns.map((it) => `"${String(it)}"`).join(", ")})
    SELECT ${values.join(", ")} FROM numbers, (SELECT * FROM ${table} ORDER BY id LIMIT 1) AS first
    WHERE ${which}`);
}
