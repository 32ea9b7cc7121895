import { PlatformError } from "#domain/errors.ts";
import { renderSize } from "#domain/limits.ts";
import type { EngineContext } from "./context.ts";

const lookEveryMs = 500;

/**
 * Bytes that may come at once without taking the last half of what is kept free.
 * @throws {PlatformError} `disk_low`
 */
export async function requireRoom({ machine, hostConfig }: EngineContext): Promise<number> {
  const floorBytes = hostConfig().settings.diskFloorMb * 1024 ** 2;
  const free = await machine.freeDiskBytes();
  if (free < floorBytes) throw tooLow(free, floorBytes);
  return Math.floor(free - floorBytes / 2);
}

/**
 * Does something with a signal that ends it when it takes the last half of what is kept free, so
 * that running apps and their logs have it.
 * @throws {PlatformError} `disk_low`
 */
export async function aboveDiskFloor<T>(
  { machine, hostConfig, clock }: EngineContext,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const floorBytes = hostConfig().settings.diskFloorMb * 1024 ** 2;
  const low = new AbortController();
  const done = new AbortController();
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const free = await machine.freeDiskBytes();
      if (free < floorBytes / 2) low.abort(tooLow(free, floorBytes));
      await clock.sleep(lookEveryMs, done.signal);
    }
  };
  const watching = watch().catch((error: unknown) => {
    if (!done.signal.aborted) throw error;
  });
  try {
    return await work(AbortSignal.any([signal, low.signal]));
  } finally {
    done.abort();
    await watching;
    // Why it ended goes before how it ended.
    low.signal.throwIfAborted();
  }
}

function tooLow(freeBytes: number, floorBytes: number): PlatformError {
  return new PlatformError("disk_low", {
    free: renderSize(freeBytes),
    floor: renderSize(floorBytes),
  });
}
