import type { Network } from "./app.ts";
import type { InstanceSpec, ObservedInstance } from "./instance.ts";
import type { Limits } from "./limits.ts";
import type { InstanceUsage } from "./metrics.ts";

export type InstanceStart = {
  readonly id: number;
  readonly spec: InstanceSpec;
  /** The app's Linux user, by its number. */
  readonly userNumber: number;
  readonly network: Network;
  readonly port: number | null;
  readonly logName: string;
};

/** The answer of one health check: what was asked and what came back. */
export type HealthAnswer =
  | { readonly healthy: true }
  | {
      readonly healthy: false;
      readonly problem: string;
      /** Ports on which it does listen. */ readonly listening: () => Promise<number[]>;
    };

/** Keeps instances alive. Every verb is safe to repeat. */
export type Executor = {
  /** Starts an instance that stays up: it is started again when it ends. Resolves once supervised. */
  readonly start: (start: InstanceStart) => Promise<void>;
  /**
   * Stops an instance: SIGTERM to its processes, SIGKILL once `graceMs` has passed, and removes it.
   * Resolves when nothing of it is left, and at once when it is already gone.
   * @throws {PlatformError} `instance_stuck` when it outlives SIGKILL by 5 s.
   */
  readonly stop: (id: number, graceMs: number) => Promise<void>;
  /** Holds a running instance to other limits; what it has from its start, as open files, stays. */
  readonly limit: (id: number, limits: Limits) => Promise<void>;
  /** Starts again an instance that was given up after too many ends in a row. */
  readonly revive: (id: number) => Promise<void>;
  readonly observe: (id: number) => Promise<ObservedInstance>;
  /** Every instance that exists, wanted or not. */
  readonly list: () => Promise<ObservedInstance[]>;
  /** What the instances of these ids use; one that does not run, or is not known yet, is left out. */
  readonly usage: (ids: readonly number[]) => Promise<Map<number, InstanceUsage>>;
  /** Asks a running instance once whether it is ready. */
  readonly check: (start: InstanceStart) => Promise<HealthAnswer>;
  /** The ports among `ports` on which something listens already, ours or not. */
  readonly busyPorts: (ports: readonly number[]) => Promise<Set<number>>;
  /** Calls `onExit` with an instance's id each time one ends. */
  readonly watch: (onExit: (id: number) => void) => AsyncDisposable;
};
