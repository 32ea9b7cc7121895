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

/** What is known of a number that wanders: the newer counts the more, the longer it was so. */
export function smooth(old: number, newer: number, times: number): number {
  return newer + (old - newer) * Math.exp(-times);
}
