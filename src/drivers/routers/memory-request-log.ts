import type { RequestBatch, RequestLine, RequestLog } from "#domain/request-log.ts";

export type MemoryRequestLog = RequestLog & {
  /** As if the router had answered these. */
  readonly note: (...lines: readonly RequestLine[]) => void;
};

/** A request log for the engine's tests. */
export function createMemoryRequestLog(): MemoryRequestLog {
  const followers = new Set<(batch: RequestBatch) => void>();
  return {
    note: (...lines) => {
      for (const onBatch of followers) onBatch({ lines, skippedBytes: 0 });
    },
    follow: (onBatch) => {
      followers.add(onBatch);
      return { [Symbol.asyncDispose]: async () => void followers.delete(onBatch) };
    },
  };
}
