/** How many processors an app may use. */
export type Wish = readonly [name: string, count: number];

/**
 * Gives apps processors of their own, as long as there are as many as they may use, so that nobody
 * has less than its limit. The first processor is nobody's. Who has some keeps them.
 * @param processors Numbers of all that may be used.
 */
export function shareOut(
  wishes: readonly Wish[],
  processors: readonly number[],
  before: ReadonlyMap<string, readonly number[]>,
): Map<string, readonly number[]> {
  const own = new Map<string, readonly number[]>();
  for (const [name, count] of wishes) {
    const kept = before.get(name);
    if (kept?.length === count) own.set(name, kept);
  }
  const taken = new Set([...own.values()].flat());
  const free = processors.slice(1).filter((it) => !taken.has(it));
  for (const [name, count] of wishes) {
    if (own.has(name) || count > free.length) continue;
    own.set(name, free.splice(-count));
  }
  return own;
}
