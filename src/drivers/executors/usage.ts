import type { ObservedInstance } from "#domain/instance.ts";
import type { InstanceUsage } from "#domain/metrics.ts";
import { listProcesses, type ProcessStat } from "#lib/processes.ts";

type Known = { readonly pid: number; readonly startedAt: number };

/** Asked of the supervisor in one go; the rest is asked the next time. */
const askedAtOnce = 16;

/** What instances use, by the processes below each supervised one. */
export class ProcessUsage {
  readonly #observe: (id: number) => Promise<ObservedInstance>;
  /** Asking a supervisor starts a program, so who is known to run is not asked for again. */
  readonly #known = new Map<number, Known>();

  constructor(observe: (id: number) => Promise<ObservedInstance>) {
    this.#observe = observe;
  }

  readonly usage = async (ids: readonly number[]): Promise<Map<number, InstanceUsage>> => {
    const processes = listProcesses();
    const isGone = (id: number) => {
      const known = this.#known.get(id);
      return !known || processes.get(known.pid)?.startedAt !== known.startedAt;
    };
    await Promise.all(
      ids
        .filter(isGone)
        .slice(0, askedAtOnce)
        .map((id) => this.#ask(id, processes)),
    );
    for (const id of this.#known.keys()) if (!ids.includes(id)) this.#known.delete(id);
    const children = Map.groupBy(processes.values(), ({ parent }) => parent);
    return new Map(
      ids.flatMap((id): [number, InstanceUsage][] => {
        const root = processes.get(this.#known.get(id)?.pid ?? -1);
        return root ? [[id, sumOf(root, children)]] : [];
      }),
    );
  };

  async #ask(id: number, processes: ReadonlyMap<number, ProcessStat>): Promise<void> {
    this.#known.delete(id);
    const { pid } = await this.#observe(id);
    const process = pid === null ? undefined : processes.get(pid);
    if (process) this.#known.set(id, process);
  }
}

function sumOf(
  root: ProcessStat,
  children: ReadonlyMap<number, readonly ProcessStat[]>,
): InstanceUsage {
  let [cpuMs, memoryBytes] = [0, 0];
  const left = [root];
  for (let each = left.pop(); each; each = left.pop()) {
    cpuMs += each.cpuMs;
    memoryBytes += each.memoryBytes;
    left.push(...(children.get(each.pid) ?? []));
  }
  return { cpuMs, memoryBytes };
}
