/** The output of jobs, one bounded text each, kept after the job has ended. */
export type JobLog = {
  /** Adds to a job's output; what goes over the bound is dropped with one line that says so. */
  readonly append: (jobId: number, text: string | Uint8Array) => void;
  /** What stands after `offset` bytes, at most 64 KiB of it. */
  readonly read: (jobId: number, offset: number) => Promise<{ text: string; offset: number }>;
  /** Resolves when there may be more to read, at the latest after `timeoutMs`. */
  readonly changed: (jobId: number, timeoutMs: number, signal: AbortSignal) => Promise<void>;
  readonly remove: (jobId: number) => Promise<void>;
};

export type InstanceLine = {
  /** `2026-05-01 12:00:00.123456789`, UTC. */
  readonly at: string;
  /** `web.1` */
  readonly source: string;
  readonly text: string;
};

/** The output of instances, in bounded folders, kept after the instance has ended. */
export type InstanceLogs = {
  /** Folder of an instance's log, below the root that the executor writes to. */
  readonly nameOf: (instance: {
    branchId: number;
    id: number;
    processType: string;
    index: number;
  }) => string;
  /** The newest `lines` lines of a branch's instances, oldest first. */
  readonly tail: (
    branchId: number,
    query: { process: string | null; lines: number },
  ) => Promise<InstanceLine[]>;
  /** Lines as they come from now on, until `signal` aborts. */
  readonly follow: (
    branchId: number,
    process: string | null,
    signal: AbortSignal,
  ) => AsyncIterable<InstanceLine>;
  readonly lastLines: (name: string, lines: number) => Promise<string[]>;
  /** Removes the oldest folders of a branch beyond `keep`, sparing those of living instances. */
  readonly prune: (branchId: number, living: readonly number[], keep: number) => Promise<void>;
  readonly remove: (branchId: number) => Promise<void>;
};
