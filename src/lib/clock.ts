import { setTimeout as sleep } from "node:timers/promises";

/** The machine's time. A sleep that is aborted rejects with the signal's reason. */
export const machineClock = {
  now: () => new Date(Date.now()),
  sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
    await sleep(ms, undefined, signal ? { signal } : {});
  },
} as const;
