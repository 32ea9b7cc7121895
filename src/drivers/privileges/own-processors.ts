import { Lately } from "./lately.ts";
import { machine, platform, type Counts } from "./processor-counts.ts";

/** Of the processors that are left for all others: from there on these are let out. */
const roomyBelow = 9 / 10;
/** They need more over about so long, as a start or a page of theirs is no matter. */
const needMs = 2000;
/** And are out for so long. */
const outForMs = 10_000;

/** Apps by their names. */
export type Names = {
  /** Those that stand behind and use much. */
  readonly using: readonly string[];
  /** All that stand behind. */
  readonly behind: readonly string[];
  /** Those in front that do something. */
  readonly active: readonly string[];
};

type Numbers = readonly number[];
type Own = ReadonlyMap<string, Numbers>;

/**
 * Which processors everybody runs on. An app that stands behind has processors of its own, as many as
 * it may use, while there are any. What is in front, the platform too, is kept off those of apps that
 * use much, while at least half of all are left for it and it needs no more: whoever waits there waits
 * for what is short, and not for what a hog does in the kernel.
 *
 * Nobody gets less for it than its limits allow.
 */
export class OwnProcessors {
  readonly #counts: Counts;
  #own: Own = new Map();
  /** Apps in front, and the platform, that are kept off the others' own. */
  #keptOff: ReadonlySet<string> = new Set();
  /** Processors that all others use. */
  readonly #ofOthers = new Lately(needMs);
  #crowdedAt = Number.NEGATIVE_INFINITY;

  constructor(counts: Counts) {
    this.#counts = counts;
    // A berthd that was killed may have left some where they were.
    this.#free([platform, ...counts.apps()]);
  }

  /** @param coresOf Processors that an app, or the whole machine, has used lately. */
  give(names: Names, coresOf: (name: string) => number): void {
    const { using, behind, active } = names;
    const { processors, keepTo } = this.#counts;
    const ofUsing = shareOut(this.#wishes(using), processors, this.#own);
    const rest = without(processors, ofUsing);
    const others = behind.filter((it) => !using.includes(it));
    const own = new Map([...ofUsing, ...shareOut(this.#wishes(others), rest, this.#own)]);
    for (const name of new Set([...this.#own.keys(), ...own.keys()]))
      keepTo(name, own.get(name) ?? processors);
    this.#own = own;
    // One without processors of its own is among the others, and wants all that it finds.
    const isAlone = using.length > 0 && ofUsing.size === using.length;
    const used = coresOf(machine) - using.reduce((sum, name) => sum + coresOf(name), 0);
    this.#keepOff(this.#isRoomy(rest, used) && isAlone ? active : null, rest);
  }

  #wishes(names: readonly string[]): Wish[] {
    // A half is as much as none: the logs of an instance have a fifth of a processor.
    return names.map((it) => [it, Math.max(1, Math.round(this.#counts.coresMax(it)))]);
  }

  /** Keeps them to the rest, and who began to do something, too; null lets all run everywhere. */
  #keepOff(active: readonly string[] | null, rest: Numbers): void {
    const there = new Set([platform, ...this.#counts.apps()]);
    const names = active ? [platform, ...this.#keptOff, ...active] : [];
    const keptOff = new Set(names.filter((it) => there.has(it) && !this.#own.has(it)));
    this.#free([...this.#keptOff].filter((it) => !keptOff.has(it) && !this.#own.has(it)));
    for (const name of keptOff) this.#counts.keepTo(name, rest);
    this.#keptOff = keptOff;
  }

  /** Whether the rest is enough for all others; when it is not, it takes a while to ask again. */
  #isRoomy(rest: Numbers, used: number): boolean {
    const nowMs = performance.now();
    if (this.#ofOthers.note(used) > rest.length * roomyBelow) this.#crowdedAt = nowMs;
    const isHalf = rest.length >= this.#counts.processors.length / 2;
    return isHalf && nowMs - this.#crowdedAt > outForMs;
  }

  #free(names: readonly string[]): void {
    for (const name of names) this.#counts.keepTo(name, this.#counts.processors);
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
