import type { ObservedInstance } from "#domain/instance.ts";
import type { InstanceUsage } from "#domain/metrics.ts";
import type { Privileges } from "#domain/privileges.ts";
import { listProcesses, processStats, type ProcessStat } from "#lib/processes.ts";

/** An instance's processes, the outermost first, as they were found at some look. */
type Tree = readonly [ProcessStat, ...ProcessStat[]];

/** Asked of the supervisor in one go; the rest is asked the next time. */
const askedAtOnce = 16;
/** Looks between two at every process of the machine, which is what finds new ones. */
const treesKeptLooks = 6;

/** What instances use, by the processes below each supervised one, and of memory by its cgroup. */
export class ProcessUsage {
  readonly #observe: (id: number) => Promise<ObservedInstance>;
  readonly #useOf: Privileges["useOf"];
  #trees = new Map<number, Tree>();
  /** Those that were asked for and have no process: what crashes is not asked for at each look. */
  #absent = new Set<number>();
  #looks = 0;

  constructor(observe: (id: number) => Promise<ObservedInstance>, useOf: Privileges["useOf"]) {
    this.#observe = observe;
    this.#useOf = useOf;
  }

  /** One that was just begun, or ended and is begun again, is asked for at the next look. */
  readonly expect = (id: number): void => {
    this.#absent.delete(id);
  };

  readonly usage = async (ids: readonly number[]): Promise<Map<number, InstanceUsage>> => {
    const leaves = new Map([...this.#trees].map(([id, tree]) => [id, leavesOf(tree)] as const));
    const known = processStats([...leaves.values()].flatMap((all) => all.map(({ pid }) => pid)));
    const isSame = (id: number) =>
      this.#absent.has(id) || (leaves.get(id)?.every((it) => isThere(it, known)) ?? false);
    const isDue = this.#looks % treesKeptLooks === 0 || !ids.every(isSame);
    this.#looks += 1;
    if (isDue) await this.#findTrees(ids);
    const found = ids.map(async (id): Promise<[number, InstanceUsage][]> => {
      const tree = this.#trees.get(id);
      if (!tree) return [];
      const { cpuMs, memoryBytes } = sumOf(tree, known);
      // What processes share counts for each of them, so their sum is the second best.
      const { memoryBytes: counted = null, isBehind = false } = (await this.#useOf(id)) ?? {};
      return [[id, { cpuMs, memoryBytes: counted ?? memoryBytes, isBehind }]];
    });
    return new Map((await Promise.all(found)).flat());
  };

  /** Asking a supervisor starts a program, so who runs as before is not asked for again. */
  async #findTrees(ids: readonly number[]): Promise<void> {
    const processes = listProcesses();
    const children = Map.groupBy(processes.values(), ({ parent }) => parent);
    const gone = ids.filter((id) => !isThere(this.#trees.get(id)?.[0], processes));
    const roots = new Map(
      ids.map((id) => [id, processes.get(this.#trees.get(id)?.[0].pid ?? -1)] as const),
    );
    for (const id of gone) roots.delete(id);
    const absent = gone.filter((id) => this.#absent.has(id));
    const news = gone.filter((id) => !this.#absent.has(id));
    const asked = [...news, ...absent].slice(0, askedAtOnce);
    // Before they are asked: whoever is begun meanwhile has to be expected after this look, too.
    this.#absent = new Set([...absent, ...asked]);
    await Promise.all(
      asked.map(async (id) => {
        const { pid } = await this.#observe(id);
        const root = processes.get(pid ?? -1);
        if (!root) return;
        roots.set(id, root);
        this.#absent.delete(id);
      }),
    );
    this.#trees = new Map(
      [...roots].flatMap(([id, root]): [number, Tree][] => {
        return root ? [[id, treeBelow(root, children)]] : [];
      }),
    );
  }
}

function isThere(process: ProcessStat | undefined, now: ReadonlyMap<number, ProcessStat>): boolean {
  return process !== undefined && now.get(process.pid)?.startedAt === process.startedAt;
}

function treeBelow(root: ProcessStat, children: ReadonlyMap<number, readonly ProcessStat[]>): Tree {
  const below = (children.get(root.pid) ?? []).flatMap((it) => treeBelow(it, children));
  return [root, ...below];
}

/** Those that have no other below them: the program itself. What is above only waits for its end. */
function leavesOf(tree: Tree): ProcessStat[] {
  const parents = new Set(tree.map(({ parent }) => parent));
  return tree.filter(({ pid }) => !parents.has(pid));
}

/** @param now Newer counts of the same processes, where there are any. */
function sumOf(tree: readonly ProcessStat[], now: ReadonlyMap<number, ProcessStat>) {
  const counts = tree.map((it) => {
    const newer = now.get(it.pid);
    return newer?.startedAt === it.startedAt && newer.cpuMs >= it.cpuMs ? newer : it;
  });
  return {
    cpuMs: counts.reduce((sum, it) => sum + it.cpuMs, 0),
    memoryBytes: counts.reduce((sum, it) => sum + it.memoryBytes, 0),
  };
}
