/** One answered request, as the router noted it. */
export type RequestLine = {
  readonly atMs: number;
  /** The X-Request-Id that the app was given and the visitor got back. */
  readonly id: string;
  readonly method: string;
  /** Host name without port, in lower case. */
  readonly host: string;
  /** Path without the query, which may hold secrets. */
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Address of the instance that answered; null when the router answered itself. */
  readonly peer: string | null;
  readonly client: string;
};

export type RequestBatch = {
  readonly lines: readonly RequestLine[];
  /** Bytes of the log that were passed over, because there was more than could be read. */
  readonly skippedBytes: number;
};

/** Every request that the router answers, also while berthd was away. */
export type RequestLog = {
  /** Calls `onBatch` as requests come; the next batch waits until it has returned. */
  readonly follow: (onBatch: (batch: RequestBatch) => void) => AsyncDisposable;
};
