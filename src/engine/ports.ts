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
  const untaken = range.filter((port) => !taken.has(port));
  const free: number[] = [];
  // Only those are asked for that may be needed.
  for (let from = 0; free.length < count && from < untaken.length;) {
    const asked = untaken.slice(from, from + count - free.length);
    const busy = await executor.busyPorts(asked);
    free.push(...asked.filter((port) => !busy.has(port)));
    from += asked.length;
  }
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
