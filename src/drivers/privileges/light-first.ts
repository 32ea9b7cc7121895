import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { CgroupPlace } from "#domain/realm.ts";
import { nullIf } from "#lib/files.ts";
import { busyMs } from "#lib/processes.ts";

const lookEveryMs = 250;
/** While no app does anything: to wake up costs more than to look. */
const lookSeldomMs = 1000;
/** Who uses how much is known from two looks. */
const lookAgainMs = 50;
/** So long it has to use little before it stands with the others again; and other programs, too. */
const holdsForMs = 10_000;
/** Of all processors. */
const crowdedFrom = 3 / 4;
/** What the last look says of others, beside what is known from those of two seconds before. */
const newerPart = 1 / 8;
/** Looking takes no more than this part of one processor, however many apps there are. */
const costMax = 1 / 50;
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
 * @see cpu.idle in cgroup-v2.rst of the kernel, there from Linux 5.15 on in both versions
 */
export class LightFirst {
  readonly #processors: number;
  readonly #counts: Counts;
  readonly #before = new Map<string, { readonly usedMs: number; readonly atMs: number }>();
  /** Apps that stand behind, each with when it last used much. */
  readonly #behind = new Map<string, number>();
  /** Processors that other programs use, lately, and when that was last most of the machine. */
  #ofOthers = 0;
  #crowdedAt = Number.NEGATIVE_INFINITY;

  constructor(counts: Counts, processors = availableParallelism()) {
    this.#counts = counts;
    this.#processors = processors;
    // A berthd that was killed may have left some behind.
    for (const name of counts.apps()) if (counts.isBehind(name)) this.#noteMuch(name);
  }

  /** Looks who uses how much now. Gives the milliseconds until the next look. */
  look(): number {
    const startedMs = performance.now();
    const ofApps = this.#coresOf(allApps) ?? 0;
    const isQuiet = ofApps < coresMin && this.#behind.size === 0;
    const names = isQuiet ? [] : this.#counts.apps();
    this.#forgetBut([allApps, ...(isQuiet ? [] : [machine]), ...names]);
    const ofMachine = isQuiet ? ofApps : this.#coresOf(machine);
    const cores = names.map((name) => [name, this.#coresOf(name)] as const);
    const known = cores.filter((it): it is [string, number] => it[1] !== null);
    if (ofMachine !== null) {
      this.#noteOthers(ofMachine - ofApps, isQuiet);
      this.#order(known);
    }
    const isKnown = ofMachine !== null && known.length === cores.length;
    const waitMs = isQuiet ? pauseAfter(ofApps) : isKnown ? lookEveryMs : lookAgainMs;
    return Math.max(waitMs, (performance.now() - startedMs) / costMax);
  }

  #order(apps: readonly (readonly [name: string, cores: number])[]): void {
    const nowMs = performance.now();
    const isCrowded = nowMs - this.#crowdedAt <= holdsForMs;
    const active = apps.filter(([, cores]) => cores >= activeCores).length;
    const share = Math.min(1, this.#processors / active);
    for (const [name, cores] of apps) {
      // Less than what moved it back: there it may have been kept from using more.
      const much = this.#behind.has(name) ? share / 8 : share / 4;
      if (cores > much) this.#noteMuch(name);
      const noted = this.#behind.get(name);
      if (noted === undefined) continue;
      const isBehind = !isCrowded && nowMs - noted <= holdsForMs;
      this.#counts.setBehind(name, isBehind);
      if (!isBehind) this.#behind.delete(name);
    }
  }

  /** Whether other programs use most of the machine counts over seconds, as a build of theirs is no matter. */
  #noteOthers(cores: number, isQuiet: boolean): void {
    this.#ofOthers = isQuiet ? 0 : this.#ofOthers + (cores - this.#ofOthers) * newerPart;
    if (this.#ofOthers > this.#processors * crowdedFrom) this.#crowdedAt = performance.now();
  }

  #noteMuch(name: string): void {
    this.#behind.set(name, performance.now());
  }

  /** Processors that were used since the last look; null at the first. */
  #coresOf(name: string): number | null {
    const [usedMs, atMs] = [this.#counts.usedMs(name), performance.now()];
    const before = this.#before.get(name);
    this.#before.set(name, { usedMs, atMs });
    return before ? (usedMs - before.usedMs) / (atMs - before.atMs) : null;
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

type Counts = NonNullable<ReturnType<typeof countsIn>>;

function pauseAfter(cores: number): number {
  return cores < activeCores ? lookSeldomMs : lookEveryMs;
}

/** The folder of all apps, as seen from itself; and what is no name of a folder. */
const [allApps, machine] = [".", "/"];

/** What the kernel counts of apps, and is told of them; null where it cannot be told. */
export function countsIn(places: readonly CgroupPlace[]) {
  const ordered = places.find(({ controllers }) => controllers.includes("cpu"));
  // Version 2 counts whether it limits or not.
  const counted = places.find(({ version }) => version === 2) ?? ordered;
  if (!ordered || !counted || !existsSync(join(ordered.apps, idleFile))) return null;
  const [file, ofOneMs] = counted.version === 2 ? ["cpu.stat", 1e3] : ["cpuacct.usage", 1e6];
  const read = (path: string) => unlessGone(() => readFileSync(path, "utf8")) ?? "";
  const used = (name: string) => /\d+/.exec(read(join(counted.apps, name, file)))?.[0] ?? 0;
  return {
    apps: () => readdirSync(counted.apps).filter((name) => /^u\d+$/.test(name)),
    usedMs: (name: string) =>
      name === machine ? busyMs(read("/proc/stat")) : Number(used(name)) / ofOneMs,
    isBehind: (name: string) => read(join(ordered.apps, name, idleFile)).trim() === "1",
    setBehind: (name: string, isBehind: boolean) =>
      void unlessGone(() =>
        writeFileSync(join(ordered.apps, name, idleFile), isBehind ? "1" : "0"),
      ),
  };
}

const idleFile = "cpu.idle";

/** An app's cgroup may be removed meanwhile. */
function unlessGone<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    return nullIf(["ENOENT", "ENODEV"])(error as NodeJS.ErrnoException);
  }
}
