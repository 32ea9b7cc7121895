import type { Counts } from "./processor-counts.ts";

type Numbers = readonly number[];
type Own = ReadonlyMap<string, Numbers>;

/**
 * Which processors apps run on. One that stands behind has processors of its own, as many as it may
 * use, while there are any, so that none stands behind another one there. What is in front runs
 * everywhere, and goes before it wherever it finds it.
 *
 * Nobody gets less for it than its limits allow.
 */
export class OwnProcessors {
  readonly #counts: Counts;
  #own: Own = new Map();

  constructor(counts: Counts) {
    this.#counts = counts;
    // A berthd that was killed may have left some where they were.
    for (const name of counts.apps()) counts.keepTo(name, counts.processors);
  }

  /** Apps that stand behind: those that use much have the processors of those that rest. */
  give(using: readonly string[], resting: readonly string[]): void {
    const { processors, keepTo } = this.#counts;
    const ofUsing = shareOut(this.#wishes(using), processors, this.#own);
    const rest = without(processors, ofUsing);
    const own = new Map([...ofUsing, ...shareOut(this.#wishes(resting), rest, this.#own)]);
    for (const name of new Set([...this.#own.keys(), ...own.keys()]))
      keepTo(name, own.get(name) ?? processors);
    this.#own = own;
  }

  #wishes(names: readonly string[]): Wish[] {
    // A half is as much as none: the logs of an instance have a fifth of a processor.
    return names.map((it) => [it, Math.max(1, Math.round(this.#counts.coresMax(it)))]);
  }
}

/** How many processors an app may use. */
export type Wish = readonly [name: string, count: number];

/**
 * Gives apps processors of their own, as long as there are as many as they may use, so that nobody
 * has less than its limit. The first processor is nobody's. Who has some of these keeps them.
 * @param processors Numbers of all that may be used.
 */
export function shareOut(wishes: readonly Wish[], processors: Numbers, before: Own): Own {
  const own = new Map<string, Numbers>();
  for (const [name, count] of wishes) {
    const kept = before.get(name);
    if (kept?.length === count && kept.every((it) => processors.includes(it))) own.set(name, kept);
  }
  const free = without(processors.slice(1), own);
  for (const [name, count] of wishes) {
    if (own.has(name) || count > free.length) continue;
    own.set(name, free.splice(-count));
  }
  return own;
}

function without(processors: Numbers, own: Own): number[] {
  const taken = new Set([...own.values()].flat());
  return processors.filter((it) => !taken.has(it));
}
