import type { DrainLine, DrainSender } from "#domain/drain.ts";

export type MemoryDrain = DrainSender & {
  /** What was taken, oldest first. */
  readonly taken: DrainLine[];
  /** How often something was to be taken. */
  tries: number;
  /** Called before lines are taken; what it throws is why they are not. */
  before: () => Promise<void>;
};

/** A receiver for the engine's tests. */
export function createMemoryDrain(): MemoryDrain {
  const drain: MemoryDrain = {
    taken: [],
    tries: 0,
    before: async () => {},
    check: () => {},
    send: async (_to, _identity, lines) => {
      drain.tries += 1;
      await drain.before();
      drain.taken.push(...lines);
    },
  };
  return drain;
}
