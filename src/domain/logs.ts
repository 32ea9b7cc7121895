/** The output of jobs, one bounded text each, kept after the job has ended. */
export type JobLog = {
  /** Adds to a job's output; what goes over the bound is dropped with one line that says so. */
  readonly append: (jobId: number, text: string | Uint8Array) => void;
  /** What stands after `offset` bytes, at most 64 KiB of it. */
  readonly read: (jobId: number, offset: number) => Promise<{ text: string; offset: number }>;
  /** The whole lines that stand after `offset` bytes, some of them, each with its time. */
  readonly lines: (
    jobId: number,
    offset: number,
  ) => Promise<{ lines: Pick<LogLine, "at" | "text">[]; offset: number }>;
  /** Resolves when there may be more to read, at the latest after `timeoutMs`. */
  readonly changed: (jobId: number, timeoutMs: number, signal: AbortSignal) => Promise<void>;
  /** Every job that has output. */
  readonly ids: () => Promise<number[]>;
  /** How many bytes there are. */
  readonly size: (jobId: number) => number;
  readonly remove: (jobId: number) => Promise<void>;
};

/** Who wrote a line: an instance, the router for each request, or a job such as a deploy. */
export const logOrigins = ["app", "router", "build"] as const;
export type LogOrigin = (typeof logOrigins)[number];

export type LogLine = {
  /** `2026-05-01 12:00:00.123456789`, UTC. */
  readonly at: string;
  /** `web.1`, `router`, `job.12` */
  readonly source: string;
  readonly text: string;
};

/** Which lines are wanted; null takes them all. */
export type LogFilter = {
  /** `web` or `web.1` */
  readonly process: string | null;
  /** Part of the line, whatever the case. */
  readonly grep: string | null;
  /** The X-Request-Id of a request. */
  readonly request: string | null;
  readonly since: Date | null;
};

export const everyLine: LogFilter = { process: null, grep: null, request: null, since: null };

/** A question of many lines, prepared once. */
export function lineFilter({ process, grep, request, since }: LogFilter): LineFilter {
  const sought = grep?.toLowerCase() ?? null;
  const sinceAt = since === null ? "" : logMoment(since);
  return {
    sinceAt,
    isWanted: ({ at, source, text }) =>
      at >= sinceAt &&
      (request === null || text.includes(request)) &&
      (sought === null || text.toLowerCase().includes(sought)) &&
      (process === null || isFrom(process, source, text)),
  };
}

export type LineFilter = {
  /** Lines from before are not wanted, so that files that end before need not be read. */
  readonly sinceAt: string;
  readonly isWanted: (line: LogLine) => boolean;
};

/** The router's lines name the instance that answered. */
function isFrom(process: string, source: string, text: string): boolean {
  const instance = source === "router" ? (/ instance=(\S+)/.exec(text)?.[1] ?? "") : source;
  return instance === process || instance.startsWith(`${process}.`);
}

/** A moment as it stands before each line of a log. */
export function logMoment(at: Date): string {
  return `${at.toISOString().replace("T", " ").replace("Z", "")}000000`;
}

/** The newest of these lines, in the order of time. */
export function newestLines(lines: readonly LogLine[], count: number): LogLine[] {
  const sorted = lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return sorted.slice(Math.max(0, sorted.length - count));
}

/** Lines of a branch, in bounded files, kept after whoever wrote them has ended. */
export type LogReader = {
  /** The newest `lines` lines, oldest first. */
  readonly tail: (branchId: number, filter: LogFilter, lines: number) => Promise<LogLine[]>;
  /** Lines as they come from now on, until `signal` aborts. */
  readonly follow: (
    branchId: number,
    filter: LogFilter,
    signal: AbortSignal,
  ) => AsyncIterable<LogLine>;
  readonly remove: (branchId: number) => Promise<void>;
};

/** The output of instances, in a bounded folder for each. */
export type InstanceLogs = LogReader & {
  /** Folder of an instance's log, below the root that the executor writes to. */
  readonly nameOf: (instance: {
    branchId: number;
    id: number;
    processType: string;
    index: number;
  }) => string;
  /** How much of the disk an instance's log fills. */
  readonly sizeBytes: (name: string) => Promise<number>;
  readonly lastLines: (name: string, lines: number) => Promise<string[]>;
  /** Removes the oldest folders of a branch beyond `keep`, sparing those of living instances. */
  readonly prune: (branchId: number, living: readonly number[], keep: number) => Promise<void>;
};

/** What the router answered, in one bounded folder for each branch. */
export type RouterLogs = LogReader & {
  /** Adds lines, oldest first. A full disk costs them. */
  readonly append: (branchId: number, lines: readonly { at: Date; text: string }[]) => void;
};
