import type { ConfigVars } from "./config-var.ts";
import type { Limits } from "./limits.ts";
import type { HealthCheck } from "./process-type.ts";

/**
 * One copy of a process type, as recorded. Which release it serves follows from `specHash`: two
 * releases whose process type is the same share their instances, so scaling restarts nothing.
 */
export type Instance = {
  readonly id: number;
  readonly branchId: number;
  readonly processType: string;
  /** 1 in `web.1`; the lowest free one among its siblings of the same spec. */
  readonly index: number;
  readonly specHash: string;
  readonly spec: InstanceSpec;
  readonly port: number | null;
  readonly createdAt: Date;
  readonly healthyAt: Date | null;
  /** Set when a restart asked for another one in its place, which it waits for. */
  readonly retiringAt: Date | null;
  /** Set when it was taken out of the routes; it is stopped once its requests are done. */
  readonly drainingAt: Date | null;
};

/** Which instance it is and where, without what it runs. */
export type InstancePlace = Pick<
  Instance,
  "id" | "branchId" | "processType" | "index" | "port" | "createdAt"
>;

/** What is started: enough to start it again after everything else is forgotten. */
export type InstanceSpec = {
  readonly artifactId: number;
  readonly command: string;
  readonly env: ConfigVars;
  readonly kind: "web" | "worker";
  readonly health: HealthCheck;
  readonly limits: Limits;
};

/** How a process ended: exactly one of the two is not null. */
export type ExitStatus = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The kernel ended it, or a part of it, because its memory was at its limit. */
  readonly outOfMemory?: boolean | undefined;
};

/** What the executor sees of an instance. */
export type ObservedInstance = {
  readonly id: number;
  /** `waiting`: it ended and is not running now; the executor or the engine starts it again. */
  readonly state: "running" | "waiting" | "gone";
  readonly pid: number | null;
  readonly sinceMs: number;
  /** The last exit, if there was one, and how many there were in the last minute. */
  readonly lastExit: ExitStatus | null;
  /** It ended too often in a row, so only the engine starts it again, after a growing delay. */
  readonly givenUp: boolean;
};

/** `exited with code 1`, `was killed by SIGSEGV`, `ran out of memory`. */
export function describeExit(exit: ExitStatus): string {
  if (exit.outOfMemory === true) return "ran out of memory";
  return exit.signal === null ? `exited with code ${exit.code}` : `was killed by ${exit.signal}`;
}
