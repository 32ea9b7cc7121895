import { limitNames, renderLimit, renderSize, type LimitName, type Limits } from "./limits.ts";
import type { MachineUsage } from "./metrics.ts";

/** What all of an app together may have of the machine's memory, whatever its own limits say. */
export const appShareOfMemory = 0.75;

type Capacity = Pick<MachineUsage, "cores" | "memoryTotalBytes" | "diskTotalBytes"> & {
  /** What the kernel holds nobody to here. */
  readonly unlimited: readonly LimitName[];
};
type Chosen = {
  readonly isBuild: boolean;
  readonly limits: Limits;
  readonly chosen: readonly LimitName[];
};

/**
 * Sentences on limits that somebody chose and that this machine cannot give, or hold nobody to. They are not refused: a
 * machine may grow, and a configuration moves from one to another.
 */
export function notesOnLimits({ isBuild, limits, chosen }: Chosen, machine: Capacity): string[] {
  const memoryBytes = Math.floor(machine.memoryTotalBytes * appShareOfMemory);
  const memory = `an app has at most ${renderSize(memoryBytes)} of this machine's ${renderSize(machine.memoryTotalBytes)}`;
  const most: Partial<Record<LimitName, readonly [most: number, why: string]>> = {
    memory: [memoryBytes, memory],
    cpu: [machine.cores, `this machine has ${machine.cores}`],
    disk: isBuild
      ? [machine.diskTotalBytes, `the disk has ${renderSize(machine.diskTotalBytes)}`]
      : [memoryBytes, `/tmp and home are memory, and ${memory}`],
  };
  return chosen.flatMap((name) => {
    const [bound, why] = most[name] ?? [Infinity, ""];
    const value = limits[limitNames[name]];
    if (machine.unlimited.includes(name))
      return [
        `${name} is not enforced: Berth has no control groups of this machine. See berth status`,
      ];
    if (value <= bound) return [];
    return [`${name}=${renderLimit(limitNames[name], value)} is more than there is: ${why}.`];
  });
}
