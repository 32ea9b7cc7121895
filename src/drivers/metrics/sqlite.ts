import type Database from "better-sqlite3";
import {
  mergePoints,
  metricLevels,
  seriesFields,
  tickMs,
  type MetricsStore,
  type Point,
  type Series,
  type SeriesKind,
  type SeriesPoints,
} from "#domain/metrics.ts";
import { decodeChunk, decodeTick, encodeChunk, encodeTick } from "./chunk.ts";
import { openOrBeginAnew } from "./file.ts";

const coarsestMs = metricLevels.at(-1)!.stepMs;
const pointsPerChunk = 360;
const seriesAtOnce = 4;
const defaultBytesMax = 256 * 1024 * 1024;

type SeriesRow = { id: number; kind: SeriesKind; branch_id: number | null; name: string };
type Points = Map<number, Point>;

/**
 * Metrics in an SQLite file of their own. What comes in is one row for all series, every ten
 * seconds; later it is folded into chunks, one row for 360 points of one series. A file that cannot
 * be read is begun anew: metrics are worth less than a berthd that starts.
 */
export function openMetrics(file: string, bytesMax = defaultBytesMax): MetricsStore {
  return new SqliteMetrics(openOrBeginAnew(file), bytesMax);
}

class SqliteMetrics implements MetricsStore {
  readonly #db: Database.Database;
  readonly #bytesMax: number;
  readonly #ids = new Map<string, number>();
  readonly #kinds = new Map<number, SeriesKind>();
  #folding: Promise<void> | null = null;

  constructor(db: Database.Database, bytesMax: number) {
    this.#db = db;
    this.#bytesMax = bytesMax;
    const rows = db.prepare<[], SeriesRow>("SELECT * FROM series").all();
    for (const row of rows) this.#know(row.id, seriesOf(row));
  }

  readonly add: MetricsStore["add"] = (atMs, points) => {
    if (points.length === 0) return;
    this.#db.transaction(() => {
      const entries = points.map(({ series, point }) => [this.#idOf(series), point] as const);
      this.#db
        .prepare(
          // Two parts for one moment stand behind each other; who reads merges them.
          `INSERT INTO ticks (at, data) VALUES (?, ?)
           ON CONFLICT (at) DO UPDATE SET data = CAST(data || excluded.data AS BLOB)`,
        )
        .run(Math.floor(atMs / tickMs) * tickMs, encodeTick(entries));
    })();
  };

  readonly fold = async (nowMs: number): Promise<void> => {
    this.#folding ??= this.#fold(nowMs).finally(() => (this.#folding = null));
    return this.#folding;
  };

  readonly read: MetricsStore["read"] = ({ kinds, branchId, fromMs, toMs, stepMs }) => {
    // What is coarser is cheaper to read, and all are folded at the same moment.
    const level = metricLevels.findLast((it) => it.stepMs <= stepMs)?.stepMs ?? tickMs;
    const wanted = this.#series(branchId).filter(({ kind }) => kinds.includes(kind));
    const fresh = this.#ticks(fromMs, toMs, new Set(wanted.map(({ id }) => id)));
    return wanted.map((row): SeriesPoints => {
      const kept = this.#chunked(row, level, { fromMs, toMs });
      for (const [at, point] of fresh.get(row.id) ?? []) kept.set(at, point);
      return { series: seriesOf(row), points: thinned(row.kind, kept, stepMs) };
    });
  };

  readonly remove = (branchId: number): void => {
    const rows = this.#db
      .prepare<[number], SeriesRow>("SELECT * FROM series WHERE branch_id = ?")
      .all(branchId);
    this.#db.transaction(() => {
      for (const row of rows) this.#forget(row);
    })();
  };

  readonly sizeBytes = (): number => {
    const pages = (name: string) => Number(this.#db.pragma(name, { simple: true }));
    return (pages("page_count") - pages("freelist_count")) * pages("page_size");
  };

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** Whole spans of the coarsest step only, so that what is written is never written differently. */
  async #fold(nowMs: number): Promise<void> {
    const endMs = Math.floor(nowMs / coarsestMs) * coarsestMs;
    const fresh = this.#ticks(0, endMs, null);
    const ids = [...fresh.keys()];
    for (let index = 0; index < ids.length; index += seriesAtOnce) {
      const some = ids.slice(index, index + seriesAtOnce);
      this.#db.transaction(() => {
        for (const id of some) this.#foldOne(id, fresh.get(id) ?? new Map());
      })();
      // Others want to get on with their work in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#db.transaction(() => {
      this.#db.prepare("DELETE FROM ticks WHERE at < ?").run(endMs);
      this.#expire(nowMs);
    })();
    this.#bound();
  }

  #foldOne(id: number, points: Points): void {
    const kind = this.#kinds.get(id);
    // Removed meanwhile.
    if (!kind) return;
    for (const { stepMs } of metricLevels) {
      const spanMs = stepMs * pointsPerChunk;
      const thin = thinned(kind, points, stepMs);
      for (const start of new Set([...thin.keys()].map((at) => Math.floor(at / spanMs) * spanMs))) {
        const mine = [...thin].filter(([at]) => at >= start && at < start + spanMs);
        this.#write(id, { stepMs, start }, new Map(mine));
      }
    }
  }

  #write(id: number, { stepMs, start }: { stepMs: number; start: number }, points: Points): void {
    const kind = this.#kinds.get(id) ?? "host";
    const fields = seriesFields[kind].length;
    const old = this.#db
      .prepare<[number, number, number], { data: Buffer }>(
        "SELECT data FROM chunks WHERE series_id = ? AND step = ? AND start = ?",
      )
      .get(id, stepMs, start);
    const all = old ? decodeChunk(old.data, fields) : new Map<number, Point>();
    for (const [at, point] of points) all.set((at - start) / stepMs, point);
    this.#db
      .prepare(
        `INSERT INTO chunks (series_id, step, start, data) VALUES (?, ?, ?, ?)
         ON CONFLICT (series_id, step, start) DO UPDATE SET data = excluded.data`,
      )
      .run(id, stepMs, start, encodeChunk(all, fields));
  }

  #series(branchId: number | null | "every"): SeriesRow[] {
    if (branchId === "every") {
      const all = "SELECT * FROM series WHERE branch_id IS NOT NULL ORDER BY id";
      return this.#db.prepare<[], SeriesRow>(all).all();
    }
    return this.#db
      .prepare<[number | null], SeriesRow>("SELECT * FROM series WHERE branch_id IS ? ORDER BY id")
      .all(branchId);
  }

  #chunked(row: SeriesRow, stepMs: number, span: { fromMs: number; toMs: number }): Points {
    const fields = seriesFields[row.kind].length;
    const chunks = this.#db
      .prepare<[number, number, number, number], { start: number; data: Buffer }>(
        "SELECT start, data FROM chunks WHERE series_id = ? AND step = ? AND start > ? AND start < ?",
      )
      .all(row.id, stepMs, span.fromMs - stepMs * pointsPerChunk, span.toMs);
    const points: Points = new Map();
    for (const { start, data } of chunks) {
      for (const [place, point] of decodeChunk(data, fields)) {
        const at = start + place * stepMs;
        if (at >= span.fromMs && at < span.toMs) points.set(at, point);
      }
    }
    return points;
  }

  /** What is not folded yet, by series; only of those in `ids` unless it is null. */
  #ticks(fromMs: number, toMs: number, ids: ReadonlySet<number> | null): Map<number, Points> {
    const rows = this.#db
      .prepare<[number, number], { at: number; data: Buffer }>(
        "SELECT at, data FROM ticks WHERE at >= ? AND at < ?",
      )
      .all(fromMs, toMs);
    const found = new Map<number, Points>();
    for (const { at, data } of rows) {
      for (const [id, point] of decodeTick(data)) {
        const kind = this.#kinds.get(id);
        if (!kind || (ids && !ids.has(id))) continue;
        const points = found.get(id) ?? found.set(id, new Map()).get(id)!;
        const known = points.get(at);
        points.set(at, known ? mergePoints(kind, known, point) : point);
      }
    }
    return found;
  }

  #expire(nowMs: number): void {
    for (const { stepMs, keptMs } of metricLevels) {
      const before = nowMs - keptMs - stepMs * pointsPerChunk;
      this.#db.prepare("DELETE FROM chunks WHERE step = ? AND start <= ?").run(stepMs, before);
    }
    const unused = this.#db
      .prepare<[], SeriesRow>(
        "SELECT * FROM series WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE series_id = series.id)",
      )
      .all();
    const fresh = new Set(this.#ticks(0, Number.MAX_SAFE_INTEGER, null).keys());
    for (const row of unused) if (!fresh.has(row.id)) this.#forget(row);
  }

  /** Beyond the bound the finest and oldest go first, whoever's they are. */
  #bound(): void {
    const drop = this.#db.prepare(
      "DELETE FROM chunks WHERE rowid IN (SELECT rowid FROM chunks ORDER BY step, start LIMIT 20)",
    );
    while (this.sizeBytes() > this.#bytesMax && drop.run().changes > 0);
  }

  #idOf(series: Series): number {
    const known = this.#ids.get(keyOf(series));
    if (known !== undefined) return known;
    const added = this.#db
      .prepare("INSERT INTO series (kind, branch_id, name) VALUES (?, ?, ?)")
      .run(series.kind, series.branchId, series.name);
    return this.#know(Number(added.lastInsertRowid), series);
  }

  #know(id: number, series: Series): number {
    this.#ids.set(keyOf(series), id);
    this.#kinds.set(id, series.kind);
    return id;
  }

  #forget(row: SeriesRow): void {
    this.#db.prepare("DELETE FROM chunks WHERE series_id = ?").run(row.id);
    this.#db.prepare("DELETE FROM series WHERE id = ?").run(row.id);
    this.#ids.delete(keyOf(seriesOf(row)));
    this.#kinds.delete(row.id);
  }
}

function seriesOf({ kind, branch_id, name }: SeriesRow): Series {
  return { kind, branchId: branch_id, name };
}

function keyOf({ kind, branchId, name }: Series): string {
  return `${kind} ${branchId ?? ""} ${name}`;
}

function thinned(kind: SeriesKind, points: Points, stepMs: number): Points {
  const thin: Points = new Map();
  for (const [at, point] of points) {
    const start = Math.floor(at / stepMs) * stepMs;
    const known = thin.get(start);
    thin.set(start, known ? mergePoints(kind, known, point) : point);
  }
  return thin;
}
