import { availableParallelism } from "node:os";
import type { CgroupPlace } from "#domain/realm.ts";
import { shareOut, type Wish } from "./own-processors.ts";
import { allApps, machine, countsIn, type Counts } from "./processor-counts.ts";

const lookEveryMs = 100;
/** While no app does anything: to wake up costs more than to look. */
const lookSeldomMs = 1000;
/** Who uses how much is known from two looks; and who may have to stand behind is looked at soon again. */
const lookAgainMs = 25;
/** Over about so long an app uses much before it stands behind; all of a processor is known sooner. */
const burstMs = 700;
/** So long it has to use little before it stands with the others again; and other programs, too. */
const holdsForMs = 10_000;
/** What began since is kept to the processors of its app, too. */
const giveEveryMs = 1000;
/** Of all processors. */
const crowdedFrom = 3 / 4;
/** Other programs use most of the machine over about so long before it counts. */
const othersMs = 2000;
/** Looking takes no more than this part of one processor, however many apps there are. */
const costMax = 1 / 100;
/** All apps together: below this none is in another's way. */
const coresMin = 1 / 4;
/** An app that uses less does not count as one that wants a share. */
const activeCores = 1 / 100;

/**
 * Has apps that use much of the processors stand behind those that use little, as long as they do so:
 * the kernel lets what wakes up run at once where one of them runs, instead of at the end of its turn.
 *
 * Much is more than a quarter of an equal share, which is never more than a processor. So those in
 * front use at most a quarter of all processors together, and whoever stands behind has the rest.
 * It would not where other programs than apps want all of the machine: for a while nobody stands behind
 * then.
 *
 * Who stands behind still has a whole turn whenever one in front waits for another one's. So each has
 * processors of its own, as many as it may use, while there are any.
 * @see cpu.idle in cgroup-v2.rst of the kernel, there from Linux 5.15 on in both versions
 */
export class LightFirst {
  readonly #processors: number;
  readonly #counts: Counts;
  readonly #before = new Map<string, Use>();
  /** Apps that stand behind, each with when it last used much. */
  readonly #behind: Map<string, number>;
  /** The processors of those that have their own. */
  #own: ReadonlyMap<string, readonly number[]>;
  #gaveAtMs = Number.NEGATIVE_INFINITY;
  /** Processors that other programs use, lately, and when that was last most of the machine. */
  #ofOthers = { cores: 0, atMs: 0 };
  #crowdedAt = Number.NEGATIVE_INFINITY;

  constructor(counts: Counts, processors = availableParallelism()) {
    this.#counts = counts;
    this.#processors = processors;
    // A berthd that was killed may have left some behind.
    const left = counts.apps().filter((name) => counts.isBehind(name));
    this.#behind = new Map(left.map((name) => [name, performance.now()]));
    // Whichever these were.
    this.#own = new Map(left.map((name) => [name, []]));
  }

  /** Looks who uses how much now. Gives the milliseconds until the next look. */
  look(): number {
    const startedMs = performance.now();
    const ofApps = this.#coresOf(allApps) ?? 0;
    const isQuiet = ofApps < coresMin && this.#behind.size === 0;
    const waitMs = isQuiet ? this.#rest(ofApps) : this.#lookAtEach(ofApps);
    return Math.max(waitMs, (performance.now() - startedMs) / costMax);
  }

  #rest(ofApps: number): number {
    this.#forgetBut([allApps]);
    this.#ofOthers = { cores: 0, atMs: performance.now() };
    return ofApps < activeCores ? lookSeldomMs : lookEveryMs;
  }

  #lookAtEach(ofApps: number): number {
    const names = this.#counts.apps();
    this.#forgetBut([allApps, machine, ...names]);
    const ofMachine = this.#coresOf(machine);
    const cores = names.map((name) => [name, this.#coresOf(name)] as const);
    if (ofMachine === null) return lookAgainMs;
    this.#noteOthers(ofMachine - ofApps);
    const known = cores.filter((it): it is [string, number] => it[1] !== null);
    const isSettled = this.#order(known);
    return isSettled && known.length === cores.length ? lookEveryMs : lookAgainMs;
  }

  /** False when it has to be looked again who must stand behind. */
  #order(apps: readonly (readonly [name: string, cores: number])[]): boolean {
    const nowMs = performance.now();
    const active = apps.filter(([, cores]) => cores >= activeCores).length;
    const share = Math.min(1, this.#processors / active);
    let isSettled = true;
    let isDue = nowMs - this.#gaveAtMs >= giveEveryMs;
    for (const [name, cores] of apps) {
      // Less than what moved it back: there it may have been kept from using more.
      const much = this.#behind.has(name) ? share / 8 : share / 4;
      const isMuch = Math.min(cores, this.#lately(name) ?? 0) > much;
      if (cores > much && !isMuch) isSettled = false;
      isDue = this.#put(name, isMuch ? nowMs : this.#behind.get(name)) || isDue;
    }
    if (isDue) this.#giveOwn();
    return isSettled;
  }

  /** In front, or behind for a while from when it used much last. True when it was not there before. */
  #put(name: string, noted = Number.NEGATIVE_INFINITY): boolean {
    const nowMs = performance.now();
    const isBehind = nowMs - noted <= holdsForMs && nowMs - this.#crowdedAt > holdsForMs;
    const isNew = this.#behind.has(name) !== isBehind;
    if (isBehind) this.#behind.set(name, noted);
    else this.#behind.delete(name);
    if (isNew) this.#counts.setBehind(name, isBehind);
    return isNew;
  }

  #giveOwn(): void {
    this.#gaveAtMs = performance.now();
    const { processors, coresMax, keepTo } = this.#counts;
    // A half is as much as none: the logs of an instance have a fifth of a processor.
    const count = (name: string) => Math.max(1, Math.round(coresMax(name)));
    const wishes = [...this.#behind.keys()].map((it): Wish => [it, count(it)]);
    const own = shareOut(wishes, processors, this.#own);
    for (const name of new Set([...this.#own.keys(), ...own.keys()]))
      keepTo(name, own.get(name) ?? processors);
    this.#own = own;
  }

  /** Over seconds, as a build of theirs is no matter. */
  #noteOthers(cores: number): void {
    const atMs = performance.now();
    const old = this.#ofOthers;
    this.#ofOthers = {
      cores: smooth(old.cores, cores, (atMs - old.atMs) / othersMs),
      atMs,
    };
    if (this.#ofOthers.cores > this.#processors * crowdedFrom) this.#crowdedAt = atMs;
  }

  /** Processors that were used since the last look; null at the first. */
  #coresOf(name: string): number | null {
    const [usedMs, atMs] = [this.#counts.usedMs(name), performance.now()];
    const before = this.#before.get(name);
    if (!before) {
      this.#before.set(name, { usedMs, atMs, lately: null });
      return null;
    }
    const tookMs = atMs - before.atMs;
    const cores = (usedMs - before.usedMs) / tookMs;
    // While it was not looked at it used no more than all did.
    const old = before.lately ?? Math.min(cores, this.#lately(allApps) ?? cores);
    this.#before.set(name, { usedMs, atMs, lately: smooth(old, cores, tookMs / burstMs) });
    return cores;
  }

  #lately(name: string): number | null {
    return this.#before.get(name)?.lately ?? null;
  }

  /** What was used long ago tells nothing of now. */
  #forgetBut(names: readonly string[]): void {
    const kept = new Set(names);
    for (const all of [this.#before, this.#behind])
      for (const name of all.keys()) if (!kept.has(name)) all.delete(name);
  }
}

/** Looks again and again, while this process runs; does nothing where the kernel takes no order. */
export function letLightGoFirst(
  places: readonly CgroupPlace[],
  onError: (error: unknown) => void,
): void {
  const counts = countsIn(places);
  if (counts === null) return;
  const apps = new LightFirst(counts);
  const look = () => {
    try {
      setTimeout(look, apps.look()).unref();
    } catch (error) {
      onError(error);
    }
  };
  look();
}

/** What is known of a number that wanders: the newer counts the more, the longer it was so. */
function smooth(old: number, newer: number, times: number): number {
  return newer + (old - newer) * Math.exp(-times);
}

/** What was used until a look, and the processors that were used about then. */
type Use = { readonly usedMs: number; readonly atMs: number; readonly lately: number | null };
