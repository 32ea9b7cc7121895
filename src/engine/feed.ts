import type { ChangeListener } from "#domain/changes.ts";

/** Hands every change on to all who listen. */
export type ChangeFeed = {
  readonly tell: ChangeListener;
  /** Calls `listener` with every change until the answer is disposed of. */
  readonly listen: (listener: ChangeListener) => Disposable;
};

export type Listen = ChangeFeed["listen"];

export function createChangeFeed(): ChangeFeed {
  const listeners = new Set<ChangeListener>();
  return {
    tell: (change) => {
      for (const listener of listeners) listener(change);
    },
    listen: (listener) => {
      // One of its own, so that the same function may listen twice.
      const mine: ChangeListener = (change) => listener(change);
      listeners.add(mine);
      return { [Symbol.dispose]: () => void listeners.delete(mine) };
    },
  };
}

/** Says what was done, and gives it back. */
export function after<T>(done: T, say: (done: T) => void): T {
  say(done);
  return done;
}

/** Resolves with the next event that is noted, or when `stopping` aborts. */
export async function nextEvent(listen: Listen, stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  using done = new DisposableStack();
  done.use(listen(({ of }) => void (of === "event" && resolve())));
  const stop = () => resolve();
  stopping.addEventListener("abort", stop);
  done.defer(() => stopping.removeEventListener("abort", stop));
  await promise;
}
