import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";

const pauseMs = 100;
const patienceMs = 10_000;

/**
 * Asks berthd, and again for up to ten seconds while it is not there: when it was killed, another
 * one comes up in a moment, and nobody should have to push a second time for that.
 */
export async function askPatiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    try {
      return await ask();
    } catch (error) {
      const isAway = error instanceof PlatformError && error.code === "not_running";
      if (!isAway || waitedMs >= patienceMs) throw error;
      await sleep(pauseMs);
    }
  }
}
