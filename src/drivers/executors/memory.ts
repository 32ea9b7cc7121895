import type { Executor, HealthAnswer, InstanceStart } from "#domain/executor.ts";
import type { ExitStatus, ObservedInstance } from "#domain/instance.ts";
import type { Limits } from "#domain/limits.ts";
import type { InstanceUsage } from "#domain/metrics.ts";

/** What an instance does, by its command: by default it serves. */
export type MemoryProgram =
  | { readonly kind: "serves" }
  | { readonly kind: "exits"; readonly exit: ExitStatus }
  /** It runs, but not on its port; on these instead. */
  | { readonly kind: "deaf"; readonly listening: readonly number[] };

export type MemoryExecutor = Executor & {
  /** Command line → what it does from now on. */
  readonly programs: Map<string, MemoryProgram>;
  readonly started: () => InstanceStart[];
  /** Ports that something else on the machine listens on. */
  readonly foreignPorts: Set<number>;
  /** What each instance uses. */
  readonly usages: Map<number, InstanceUsage>;
  /** Instances that cannot be started. */
  readonly refused: Set<number>;
  /** Lets a running instance end; it is running again at once. */
  readonly crash: (id: number, exit: ExitStatus) => void;
  /** Everything is gone, as after the machine was switched off. */
  readonly reboot: () => void;
};

type Entry = { start: InstanceStart; state: "running" | "waiting"; lastExit: ExitStatus | null };

/** An executor that runs nothing: for the engine's tests, and for a look at Berth without a machine. */
export function createMemoryExecutor(): MemoryExecutor {
  return new Memory();
}

class Memory implements MemoryExecutor {
  readonly programs = new Map<string, MemoryProgram>();
  readonly foreignPorts = new Set<number>();
  readonly refused = new Set<number>();
  readonly usages = new Map<number, InstanceUsage>();
  readonly #entries = new Map<number, Entry>();
  readonly #watchers = new Set<(id: number) => void>();

  readonly started = (): InstanceStart[] => [...this.#entries.values()].map(({ start }) => start);

  readonly start = async (start: InstanceStart): Promise<void> => {
    if (this.refused.has(start.id)) throw new Error(`instance ${start.id} is refused`);
    if (this.#entries.has(start.id)) return;
    this.#entries.set(start.id, { start, state: "running", lastExit: null });
    this.#live(start.id);
  };

  readonly stop = async (id: number): Promise<void> => void this.#entries.delete(id);

  readonly limit = async (id: number, limits: Limits): Promise<void> => {
    const entry = this.#entries.get(id);
    if (entry) entry.start = { ...entry.start, spec: { ...entry.start.spec, limits } };
  };

  readonly revive = async (id: number): Promise<void> => {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.state = "running";
    this.#live(id);
  };

  readonly observe = async (id: number): Promise<ObservedInstance> => this.#observed(id);

  readonly usage: Executor["usage"] = async (ids) =>
    new Map([...this.usages].filter(([id]) => ids.includes(id)));

  readonly list = async (): Promise<ObservedInstance[]> =>
    [...this.#entries.keys()].map((id) => this.#observed(id));

  readonly check = async ({ id, port }: InstanceStart): Promise<HealthAnswer> => {
    if (port === null) return { healthy: true };
    const entry = this.#entries.get(id);
    const program = this.#programOf(id);
    if (entry?.state === "running" && program.kind === "serves") return { healthy: true };
    const listening = program.kind === "deaf" ? [...program.listening] : [];
    const problem = `nothing listens on port ${port}`;
    return { healthy: false, problem, listening: async () => listening };
  };

  readonly busyPorts = async (ports: readonly number[]): Promise<Set<number>> => {
    const ours = this.started().map(({ port }) => port);
    return new Set(ports.filter((port) => ours.includes(port) || this.foreignPorts.has(port)));
  };

  readonly watch = (onExit: (id: number) => void): AsyncDisposable => {
    this.#watchers.add(onExit);
    return { [Symbol.asyncDispose]: async () => void this.#watchers.delete(onExit) };
  };

  readonly crash = (id: number, exit: ExitStatus): void => {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.lastExit = exit;
    this.#tell(id);
  };

  readonly reboot = (): void => this.#entries.clear();

  #live(id: number): void {
    const entry = this.#entries.get(id);
    const program = this.#programOf(id);
    if (!entry || program.kind !== "exits") return;
    entry.state = "waiting";
    entry.lastExit = program.exit;
    this.#tell(id);
  }

  #tell(id: number): void {
    for (const onExit of this.#watchers) onExit(id);
  }

  #programOf(id: number): MemoryProgram {
    const command = this.#entries.get(id)?.start.spec.command ?? "";
    return this.programs.get(command) ?? { kind: "serves" };
  }

  #observed(id: number): ObservedInstance {
    const entry = this.#entries.get(id);
    const state = entry?.state ?? "gone";
    return {
      id,
      state,
      pid: state === "running" ? 1_000_000 + id : null,
      sinceMs: 0,
      lastExit: entry?.lastExit ?? null,
      givenUp: state === "waiting",
    };
  }
}
