import { availableParallelism } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { CgroupPlace } from "#domain/realm.ts";
import { Lately, Most, smooth } from "./lately.ts";
import { OwnProcessors } from "./own-processors.ts";
import { allApps, countsIn, machine, type Counts } from "./processor-counts.ts";

const lookEveryMs = 100;
/** While no app does anything: to wake up costs more than to look. */
const lookSeldomMs = 1000;
/** Who uses how much is known from two looks; and who may have to stand behind is looked at soon again. */
const lookAgainMs = 25;
/** Over about so long an app uses much before it stands behind; all of a processor is known sooner. */
const burstMs = 500;
/** Parts of an equal share from which on it is much: less behind, where one may be kept from using more. */
const much = { inFront: 1 / 2, behind: 1 / 8 };
/** Beside a heavier one less than these parts, of what that one uses and of an equal share, is little. */
const light = { ofHeavier: 1 / 2, ofShare: 3 / 4 };
/** Processors from which on it is much to write down what an app prints. */
const muchLogged = 1 / 10;
/** So long it has to use little before it stands with the others again; and other programs, too. */
const holdsForMs = 10_000;
/** Who has used little for so long leaves its processors to those that use much. */
const restsMs = 500;
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
 * Much is more than half of an equal share, which is never more than a processor; or, where another
 * one uses more than twice as much, three quarters of it. So those in front leave at least a quarter
 * of all processors, and its equal share to each that stands behind. They would not where other
 * programs than apps want all of the machine: for a while nobody stands behind then.
 *
 * Whoever prints much stands behind as well. Its logger takes a processor for milliseconds at once
 * until its own limit holds it, and the kernel lets it: it has waited for that.
 *
 * Who stands behind still has a whole turn whenever one in front waits for another one's. So each has
 * processors of its own, see {@link OwnProcessors}.
 * @see cpu.idle in cgroup-v2.rst of the kernel, there from Linux 5.15 on in both versions
 */
export class LightFirst {
  readonly #processors: number;
  readonly #counts: Counts;
  readonly #before = new Map<string, Use>();
  /** Apps that stand behind, each with when it last used much. */
  readonly #behind: Map<string, number>;
  readonly #own: OwnProcessors;
  /** Those of them that used much when processors were given out. */
  #given: readonly string[] = [];
  #gaveAtMs = Number.NEGATIVE_INFINITY;
  /** Processors that other programs use, and when that was last most of the machine. */
  readonly #ofOthers = new Lately(othersMs);
  #crowdedAt = Number.NEGATIVE_INFINITY;

  constructor(counts: Counts, processors = availableParallelism()) {
    this.#counts = counts;
    this.#processors = processors;
    // A berthd that was killed may have left some behind.
    const left = counts.apps().filter((name) => counts.isBehind(name));
    this.#behind = new Map(left.map((name) => [name, performance.now()]));
    this.#own = new OwnProcessors(counts);
  }

  /** Looks who uses how much now. Gives the milliseconds until the next look. */
  look(): number {
    const before = process.threadCpuUsage();
    const ofApps = this.#coresOf(allApps) ?? 0;
    const isQuiet = ofApps < coresMin && this.#behind.size === 0;
    const waitMs = isQuiet ? this.#rest(ofApps) : this.#lookAtEach(ofApps);
    // Not by the clock: whoever is kept waiting meanwhile, as by a hog, has all the more to look for.
    const { user, system } = process.threadCpuUsage(before);
    return Math.max(waitMs, (user + system) / 1000 / costMax);
  }

  #rest(ofApps: number): number {
    this.#forgetBut([allApps]);
    this.#ofOthers.clear();
    return ofApps < activeCores ? lookSeldomMs : lookEveryMs;
  }

  #lookAtEach(ofApps: number): number {
    const names = this.#counts.apps();
    this.#forgetBut([allApps, machine, ...names, ...names.map(loggersOf)]);
    const ofMachine = this.#coresOf(machine);
    const cores = names.map((name) => [name, this.#coresOf(name)] as const);
    if (ofMachine === null) return lookAgainMs;
    this.#noteOthers(ofMachine - ofApps);
    const known = cores.filter((it): it is [string, number] => it[1] !== null);
    const isSettled = this.#order(known);
    const using = this.#using();
    const isDue = performance.now() - this.#gaveAtMs >= giveEveryMs;
    if (isDue || !isDeepStrictEqual(using, this.#given)) this.#give(using);
    return isSettled && known.length === cores.length ? lookEveryMs : lookAgainMs;
  }

  /** False when it has to be looked again who must stand behind. */
  #order(apps: readonly (readonly [name: string, cores: number])[]): boolean {
    const active = apps.filter(([, cores]) => cores >= activeCores).length;
    const share = Math.min(1, this.#processors / active);
    const most = apps.map(([name]) => this.#most(name)).toSorted((one, other) => other - one);
    const [heaviest = 0, next = 0] = most;
    const settled = apps.map(([name, cores]) => {
      const heavier = this.#most(name) === heaviest ? next : heaviest;
      const littleBelow = Math.min(heavier * light.ofHeavier, share * light.ofShare);
      return this.#place(name, { cores, share, littleBelow });
    });
    return settled.every(Boolean);
  }

  /** In front or behind. False when it begins to use much, and may have to stand behind soon. */
  #place(name: string, its: { cores: number; share: number; littleBelow: number }): boolean {
    const nowMs = performance.now();
    const { cores, share, littleBelow } = its;
    const part = this.#behind.has(name) ? much.behind : much.inFront;
    const muchFrom = Math.max(share * part, littleBelow);
    const isMuch =
      Math.min(cores, this.#lately(name) ?? 0) > muchFrom || this.#printsMuch(name, cores);
    const isLight = this.#most(name) < littleBelow;
    this.#put(name, isMuch ? nowMs : isLight ? undefined : this.#behind.get(name));
    return isMuch || cores <= muchFrom;
  }

  /** Its loggers are looked at only where they may be what uses so much. */
  #printsMuch(name: string, cores: number): boolean {
    if (cores <= muchLogged) return false;
    const loggers = loggersOf(name);
    const logged = this.#coresOf(loggers, this.#counts.loggedMs(name)) ?? 0;
    return Math.min(logged, this.#lately(loggers) ?? 0) > muchLogged;
  }

  /** In front, or behind for a while from when it used much last. */
  #put(name: string, noted = Number.NEGATIVE_INFINITY): void {
    const nowMs = performance.now();
    const isBehind = nowMs - noted <= holdsForMs && nowMs - this.#crowdedAt > holdsForMs;
    const isNew = this.#behind.has(name) !== isBehind;
    if (isBehind) this.#behind.set(name, noted);
    else this.#behind.delete(name);
    if (isNew) this.#counts.setBehind(name, isBehind);
  }

  /** Of those behind, who uses much now. */
  #using(): string[] {
    const fromMs = performance.now() - restsMs;
    return [...this.#behind].filter(([, noted]) => noted >= fromMs).map(([name]) => name);
  }

  #give(using: readonly string[]): void {
    [this.#given, this.#gaveAtMs] = [using, performance.now()];
    const resting = [...this.#behind.keys()].filter((it) => !using.includes(it));
    this.#own.give(using, resting);
  }

  /** Over seconds, as a build of theirs is no matter. */
  #noteOthers(cores: number): void {
    const isCrowded = this.#ofOthers.note(cores) > this.#processors * crowdedFrom;
    if (isCrowded) this.#crowdedAt = performance.now();
  }

  /** Processors that were used since the last look; null at the first. */
  #coresOf(name: string, usedMs = this.#counts.usedMs(name)): number | null {
    const atMs = performance.now();
    const before = this.#before.get(name);
    if (!before) {
      this.#before.set(name, { usedMs, atMs, lately: null, most: new Most(holdsForMs) });
      return null;
    }
    const tookMs = atMs - before.atMs;
    const cores = (usedMs - before.usedMs) / tookMs;
    // While it was not looked at it used no more than all did.
    const old = before.lately ?? Math.min(cores, this.#lately(allApps) ?? cores);
    const lately = smooth(old, cores, tookMs / burstMs);
    before.most.note(lately);
    this.#before.set(name, { ...before, usedMs, atMs, lately });
    return cores;
  }

  /** What it used lately, at most, for as long as it is known who used much. */
  #most(name: string): number {
    return this.#before.get(name)?.most.value ?? 0;
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

/** By which name it is known what an app's loggers use. */
function loggersOf(app: string): string {
  return `${app} loggers`;
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

/** What was used until a look, the processors that were used about then, and the most of these. */
type Use = {
  readonly usedMs: number;
  readonly atMs: number;
  readonly lately: number | null;
  readonly most: Most;
};
