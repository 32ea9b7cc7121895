/** A number that wanders, as it was over about so long: what is newer counts the more. */
export class Lately {
  readonly #overMs: number;
  #value = 0;
  #atMs = performance.now();

  constructor(overMs: number) {
    this.#overMs = overMs;
  }

  /** It was so since the last time. Gives what it was lately. */
  note(value: number): number {
    const nowMs = performance.now();
    this.#value = smooth(this.#value, value, (nowMs - this.#atMs) / this.#overMs);
    this.#atMs = nowMs;
    return this.#value;
  }

  /** It was nothing until now. */
  clear(): void {
    [this.#value, this.#atMs] = [0, performance.now()];
  }
}

/** The most that a number was: what it is now, once that was so long ago. */
export class Most {
  readonly #holdsForMs: number;
  #value = 0;
  #atMs = performance.now();

  constructor(holdsForMs: number) {
    this.#holdsForMs = holdsForMs;
  }

  note(value: number): void {
    const nowMs = performance.now();
    if (value < this.#value && nowMs - this.#atMs <= this.#holdsForMs) return;
    [this.#value, this.#atMs] = [value, nowMs];
  }

  get value(): number {
    return this.#value;
  }
}

/** What is known of a number that wanders: the newer counts the more, the longer it was so. */
export function smooth(old: number, newer: number, times: number): number {
  return newer + (old - newer) * Math.exp(-times);
}
