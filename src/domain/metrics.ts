/** What is counted for one thing during one span of time: whole numbers, one for each field of its kind. */
export type Point = readonly number[];

/** Something that is measured again and again. `name` tells those of one branch apart. */
export type Series = {
  readonly kind: SeriesKind;
  /** Null for the host. */
  readonly branchId: number | null;
  /** A process type for `requests`, `web.1` for `instance`, else empty. */
  readonly name: string;
};

export type SeriesKind = keyof typeof seriesFields;

/** How two points of a field become one: counts add up, of levels the highest stays. */
type Merge = "sum" | "max";

/** Milliseconds; a request belongs to the first bucket whose bound it does not exceed. */
export const latencyBoundsMs = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000,
  7000, 10_000, 30_000,
] as const;

const latencyBuckets = latencyBoundsMs.length + 1;

export const requestFields = { firstClass: 0, bytes: 5, durationMs: 6, firstBucket: 7 } as const;
export const instanceFields = { cpuMs: 0, memoryBytes: 1, restarts: 2, diskBytes: 3 } as const;
export const deployFields = { done: 0, failed: 1, durationMs: 2, longestMs: 3 } as const;
export const hostFields = { cpuMs: 0, memoryBytes: 1, diskBytes: 2, loadPercent: 3 } as const;

export const seriesFields = {
  requests: Array.from({ length: requestFields.firstBucket + latencyBuckets }, (): Merge => "sum"),
  instance: ["sum", "max", "sum", "max"],
  deploys: ["sum", "sum", "sum", "max"],
  host: ["sum", "max", "max", "max"],
} as const satisfies Record<string, readonly Merge[]>;

/** Two points of one series as one, for a longer span of time. */
export function mergePoints(kind: SeriesKind, one: Point, other: Point): Point {
  return seriesFields[kind].map((merge, field) => {
    const [a, b] = [one[field] ?? 0, other[field] ?? 0];
    return merge === "sum" ? a + b : Math.max(a, b);
  });
}

export function emptyPoint(kind: SeriesKind): number[] {
  return seriesFields[kind].map(() => 0);
}

/** Adds one request to a point of the kind `requests`. */
export function countRequest(
  point: number[],
  request: { readonly status: number; readonly bytes: number; readonly durationMs: number },
): void {
  const { firstClass, bytes, durationMs, firstBucket } = requestFields;
  const first = Math.min(5, Math.max(1, Math.floor(request.status / 100)));
  increase(point, firstClass + first - 1, 1);
  increase(point, bytes, request.bytes);
  increase(point, durationMs, request.durationMs);
  increase(point, firstBucket + bucketOf(request.durationMs), 1);
}

function increase(point: number[], field: number, amount: number): void {
  point[field] = (point[field] ?? 0) + amount;
}

function bucketOf(durationMs: number): number {
  const found = latencyBoundsMs.findIndex((bound) => durationMs <= bound);
  return found < 0 ? latencyBoundsMs.length : found;
}

export function requestCount(point: Point): number {
  return point.slice(0, 5).reduce((sum, count) => sum + count, 0);
}

/** The time in which `share` of the requests were answered, in milliseconds; null without requests. */
export function latencyOf(point: Point, share: number): number | null {
  const counts = point.slice(requestFields.firstBucket);
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let left = all * share;
  for (const [index, count] of counts.entries()) {
    if (left > count) {
      left -= count;
      continue;
    }
    const from = latencyBoundsMs[index - 1] ?? 0;
    const to = latencyBoundsMs[index] ?? from;
    return count === 0 ? from : from + (to - from) * (left / count);
  }
  return latencyBoundsMs.at(-1) ?? null;
}

export type MetricUnit = "1/s" | "bytes/s" | "bytes" | "ms" | "cores" | "count";

type MetricSpec = {
  readonly kind: SeriesKind;
  readonly unit: MetricUnit;
  readonly summary: string;
  /** A branch without a point had none of it; else nothing is known for that time. */
  readonly zeroWithoutPoint: boolean;
  readonly value: (point: Point, seconds: number) => number | null;
};

/** Everything that can be asked for. Names are public: add, never rename. */
export const metricCatalog = {
  requests: counted("requests", "Requests.", requestCount),
  responses_1xx: statusClass(1),
  responses_2xx: statusClass(2),
  responses_3xx: statusClass(3),
  responses_4xx: statusClass(4),
  responses_5xx: statusClass(5),
  bytes: {
    ...counted("requests", "Bytes sent to visitors.", at(requestFields.bytes)),
    unit: "bytes/s",
  },
  latency_p50: latency(0.5, "Half of the requests were answered within this time."),
  latency_p90: latency(0.9, "Nine tenths of the requests were answered within this time."),
  latency_p99: latency(0.99, "All but one in a hundred requests were answered within this time."),
  cpu: cores("instance", "Processor time that an instance used."),
  memory: level("instance", "Memory of an instance.", at(instanceFields.memoryBytes)),
  restarts: {
    ...level("instance", "Times that an instance ended.", at(instanceFields.restarts)),
    unit: "count",
  },
  disk: level(
    "instance",
    "Disk that an instance fills with what it prints; its /tmp and home count as memory.",
    at(instanceFields.diskBytes),
  ),
  deploys: total("Deploys that went live.", at(deployFields.done)),
  deploys_failed: total("Deploys that failed.", at(deployFields.failed)),
  deploy_time: {
    ...level("deploys", "Time of a deploy, on average.", meanDeployMs),
    unit: "ms",
  },
  host_cpu: cores("host", "Processor time that the host used."),
  host_memory: level("host", "Memory of the host in use.", at(hostFields.memoryBytes)),
  host_disk: level("host", "Disk under Berth's home in use.", at(hostFields.diskBytes)),
  host_load: {
    ...level(
      "host",
      "Load average of the host.",
      (point) => at(hostFields.loadPercent)(point) / 100,
    ),
    unit: "count",
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof metricCatalog;

export const metricNames = Object.keys(metricCatalog) as [MetricName, ...MetricName[]];

function at(field: number): (point: Point) => number {
  return (point) => point[field] ?? 0;
}

function counted(kind: SeriesKind, summary: string, count: (point: Point) => number): MetricSpec {
  const value = (point: Point, seconds: number) => count(point) / seconds;
  return { kind, unit: "1/s", summary, zeroWithoutPoint: true, value };
}

function statusClass(first: 1 | 2 | 3 | 4 | 5): MetricSpec {
  return counted("requests", `Answers with a status of ${first}xx.`, at(first - 1));
}

function latency(share: number, summary: string): MetricSpec {
  const value = (point: Point) => latencyOf(point, share);
  return { kind: "requests", unit: "ms", summary, zeroWithoutPoint: false, value };
}

function cores(kind: "instance" | "host", summary: string): MetricSpec {
  const value = (point: Point, seconds: number) => at(0)(point) / 1000 / seconds;
  return { kind, unit: "cores", summary, zeroWithoutPoint: false, value };
}

function level(
  kind: SeriesKind,
  summary: string,
  value: (point: Point) => number | null,
): MetricSpec {
  return { kind, unit: "bytes", summary, zeroWithoutPoint: false, value };
}

function total(summary: string, value: (point: Point) => number): MetricSpec {
  return { kind: "deploys", unit: "count", summary, zeroWithoutPoint: true, value };
}

function meanDeployMs(point: Point): number | null {
  const ended = at(deployFields.done)(point) + at(deployFields.failed)(point);
  return ended === 0 ? null : at(deployFields.durationMs)(point) / ended;
}

/** Points of one series, each by the beginning of its span in milliseconds. */
export type SeriesPoints = { readonly series: Series; readonly points: ReadonlyMap<number, Point> };

/** Between two points as they come in. */
export const tickMs = 10_000;

const dayMs = 24 * 3_600_000;

/** How fine points are kept for how long. */
export const metricLevels = [
  { stepMs: tickMs, keptMs: dayMs },
  { stepMs: 60_000, keptMs: 7 * dayMs },
  { stepMs: 600_000, keptMs: 30 * dayMs },
] as const;

/** Points of all that is measured, in a bounded space: fine for a day, thinned to 30 days. */
export type MetricsStore = Disposable & {
  /** Keeps what was counted in the `tickMs` from `at` on; what is there already is merged with it. */
  readonly add: (
    atMs: number,
    points: readonly { readonly series: Series; readonly point: Point }[],
  ) => void;
  /** Thins what has got older and removes what is too old or too much. */
  readonly fold: (nowMs: number) => Promise<void>;
  /**
   * Points of a branch, of the host when it is null, or of every branch, merged to `stepMs`, a multiple of what is kept
   * for that time.
   */
  readonly read: (query: {
    readonly kinds: readonly SeriesKind[];
    readonly branchId: number | null | "every";
    readonly fromMs: number;
    readonly toMs: number;
    readonly stepMs: number;
  }) => SeriesPoints[];
  readonly remove: (branchId: number) => void;
  readonly sizeBytes: () => number;
};

/** What an instance has used since it began, and what it holds now. */
export type InstanceUsage = {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  /** Its app uses so much of the processors, or prints so much, that others go first. */
  readonly isBehind: boolean;
};

export type MachineUsage = {
  readonly cores: number;
  /** Since the machine was started, over all cores. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly memoryTotalBytes: number;
  readonly diskBytes: number;
  readonly diskTotalBytes: number;
  readonly load: number;
};

/** The machine that Berth runs on. */
export type Machine = {
  readonly usage: () => Promise<MachineUsage>;
  /** What is left of the disk under Berth's home for accounts without privilege. */
  readonly freeDiskBytes: () => Promise<number>;
};
