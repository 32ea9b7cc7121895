/** Time as the engine knows it, so that tests can hold it still. */
export type Clock = {
  readonly now: () => Date;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};
