import {
  requestCount,
  requestFields,
  type MetricsStore,
  type SeriesPoints,
} from "#domain/metrics.ts";

const stepMs = 120_000;
const steps = 30;

type Counts = { all: number; failed: number };

/** What was asked of a branch in the last hour, in equal steps. */
export type RecentCounts = {
  readonly from: Date;
  readonly stepS: number;
  readonly requests: readonly number[];
  /** Of those, the ones answered with a status of 5xx. */
  readonly failures: readonly number[];
};

/**
 * The last hour's requests of every branch, at hand: whoever looks at all apps asks for them every
 * ten seconds, and reading them would take longer the more there are.
 */
export class RecentTraffic {
  /** By branch and step. */
  readonly #counts = new Map<number, Map<number, Counts>>();

  /** What was kept before berthd began. */
  load(metrics: MetricsStore, nowMs: number): void {
    const span = { fromMs: firstStep(nowMs) * stepMs, toMs: nowMs, stepMs };
    for (const each of metrics.read({ kinds: ["requests"], branchId: "every", ...span })) {
      this.#loadOne(each);
    }
  }

  count(branchId: number, { atMs, status }: { readonly atMs: number; readonly status: number }) {
    const counts = this.#at(branchId, Math.floor(atMs / stepMs));
    counts.all += 1;
    if (status >= 500) counts.failed += 1;
  }

  of(branchId: number, nowMs: number): RecentCounts {
    const counts = this.#counts.get(branchId);
    const first = firstStep(nowMs);
    for (const step of counts?.keys() ?? []) if (step < first) counts?.delete(step);
    const each = Array.from({ length: steps }, (_, place) => counts?.get(first + place));
    return {
      from: new Date(first * stepMs),
      stepS: stepMs / 1000,
      requests: each.map((it) => it?.all ?? 0),
      failures: each.map((it) => it?.failed ?? 0),
    };
  }

  forget(branchId: number): void {
    this.#counts.delete(branchId);
  }

  #loadOne({ series: { branchId }, points }: SeriesPoints): void {
    if (branchId === null) return;
    for (const [atMs, point] of points) {
      const counts = this.#at(branchId, Math.floor(atMs / stepMs));
      counts.all += requestCount(point);
      counts.failed += point[requestFields.firstClass + 4] ?? 0;
    }
  }

  #at(branchId: number, step: number): Counts {
    const mine = this.#counts.get(branchId) ?? new Map<number, Counts>();
    this.#counts.set(branchId, mine);
    const counts = mine.get(step) ?? { all: 0, failed: 0 };
    mine.set(step, counts);
    return counts;
  }
}

/** The step that began within the hour before. */
function firstStep(nowMs: number): number {
  return Math.floor(nowMs / stepMs) - steps + 1;
}
