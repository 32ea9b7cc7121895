/** A connection that takes over from an older one. */
export type Turn = {
  /** Aborts when another one has taken over, or nobody wants any. */
  readonly signal: AbortSignal;
  /** To be called once it is open. */
  readonly opened: () => void;
};

export type Handover = {
  readonly begin: () => Turn;
  readonly end: () => void;
};

/**
 * Of connections that are to follow each other without a gap, keeps the one that is open until a newer
 * one is, and only the newest of those that are not open yet: never more than two.
 */
export function createHandover(): Handover {
  let open: AbortController | null = null;
  let next: AbortController | null = null;
  return {
    begin() {
      next?.abort();
      const own = new AbortController();
      next = own;
      return {
        signal: own.signal,
        opened() {
          if (own !== next) return;
          open?.abort();
          [open, next] = [own, null];
        },
      };
    },
    end() {
      for (const connection of [open, next]) connection?.abort();
      [open, next] = [null, null];
    },
  };
}
