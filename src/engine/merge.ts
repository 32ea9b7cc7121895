/** The values of several streams as they come, until all have ended. What one throws, this throws. */
export async function* merge<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const nextOf = (iterator: AsyncIterator<T>) => {
    const next = iterator.next().then((result) => ({ iterator, next: result }));
    // The first failure is told; whoever fails after it has nobody to tell.
    next.catch(() => {});
    return next;
  };
  const pending = new Map(iterators.map((iterator) => [iterator, nextOf(iterator)]));
  try {
    while (pending.size > 0) {
      const { iterator, next } = await Promise.race(pending.values());
      if (next.done) {
        pending.delete(iterator);
        continue;
      }
      pending.set(iterator, nextOf(iterator));
      yield next.value;
    }
  } finally {
    // One that waits for its next value ends when it has come, or when its signal aborts.
    for (const iterator of pending.keys()) void iterator.return?.()?.catch(() => {});
  }
}
