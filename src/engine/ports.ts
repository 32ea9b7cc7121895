import { PlatformError } from "#domain/errors.ts";
import { targetOf, type Branch } from "#domain/branch.ts";
import type { EngineContext } from "./context.ts";

/**
 * The lowest ports of the range that neither an instance has nor anything listens on. The caller
 * records them before anyone else may ask.
 * @throws {PlatformError} `ports_used_up`
 */
export async function choosePorts(
  { store, executor, hostConfig }: EngineContext,
  branch: Branch,
  count: number,
): Promise<number[]> {
  if (count === 0) return [];
  const { min, max } = hostConfig().settings.ports;
  const taken = new Set(store.instances.ports());
  const range = Array.from({ length: Math.max(0, max - min) }, (_, index) => min + index);
  const busy = await executor.busyPorts(range);
  const free = range.filter((port) => !taken.has(port) && !busy.has(port)).slice(0, count);
  if (free.length < count) {
    const needed = count - free.length;
    throw new PlatformError("ports_used_up", {
      min,
      max: max - 1,
      target: targetOf(branch),
      needed,
    });
  }
  return free;
}
