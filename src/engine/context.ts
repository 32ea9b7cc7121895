import type { AccessFile } from "#domain/access.ts";
import type { Branch } from "#domain/branch.ts";
import { targetOf } from "#domain/branch.ts";
import type { Builder } from "#domain/builder.ts";
import type { Clock } from "#domain/clock.ts";
import type { Door } from "#domain/door.ts";
import type { DrainSender, DrainSource } from "#domain/drain.ts";
import type { EventType } from "#domain/events.ts";
import type { Executor } from "#domain/executor.ts";
import type { HostConfig } from "#domain/host-config.ts";
import type { LimitName } from "#domain/limits.ts";
import type { InstanceLogs, JobLog, RouterLogs } from "#domain/logs.ts";
import type { Machine, MetricsStore } from "#domain/metrics.ts";
import type { Notifiers } from "#domain/notification.ts";
import type { RequestLog } from "#domain/request-log.ts";
import type { Router } from "#domain/router.ts";
import type { Runner } from "#domain/runner.ts";
import type { SignIn, SignInRows } from "#domain/sign-in.ts";
import type { Source } from "#domain/source.ts";
import type { Store } from "#domain/store.ts";
import type { Users } from "#domain/app-user.ts";
import type { Workspace } from "#domain/workspace.ts";

/** What the engine works with, and through which door it is asked. */
export type EngineContext = Omit<EnginePorts, "signIn"> & {
  readonly signIn: SignIn;
  readonly door: Door;
};

/** Everything the engine asks, and nothing of who answers. */
export type EnginePorts = {
  readonly store: Store;
  readonly source: Source;
  readonly executor: Executor;
  readonly runner: Runner;
  readonly router: Router;
  readonly workspace: Workspace;
  readonly users: Users;
  readonly jobLog: JobLog;
  readonly instanceLogs: InstanceLogs;
  readonly routerLogs: RouterLogs;
  readonly requestLog: RequestLog;
  readonly drainSource: DrainSource;
  readonly drainSender: DrainSender;
  readonly notifiers: Notifiers;
  /** When a certificate ends; null when its file cannot be read. */
  readonly certificateEnd: (path: string) => Promise<Date | null>;
  readonly metrics: MetricsStore;
  readonly machine: Machine;
  readonly access: AccessFile;
  /** Works on rows of the store, whose changes are told. */
  readonly signIn: (rows: SignInRows) => SignIn;
  readonly builders: readonly Builder[];
  readonly clock: Clock;
  readonly log: EngineLog;
  /** The configuration that is in force. */
  readonly hostConfig: () => HostConfig;
  /** What never changes while berthd runs. */
  readonly host: {
    readonly home: string;
    readonly version: string;
    readonly account: string;
    readonly sshNames: readonly string[];
    readonly isolation: readonly { readonly what: string; readonly inForce: boolean }[];
    /** Limits that the kernel cannot hold apps to here. */
    readonly unlimited: readonly LimitName[];
  };
};

export type EngineLog = {
  readonly info: (facts: object, message: string) => void;
  readonly error: (facts: object, message: string) => void;
};

/** Who the platform is when it acts by itself. */
export const platformActor = "berth";

/** Records that something happened to a branch. */
export function emit(
  context: EngineContext,
  type: EventType,
  { branch, ...what }: { branch: Branch; actor: string; message: string },
): void {
  note(context, type, { appId: branch.appId, target: targetOf(branch), ...what });
}

/** Records that something happened, to an app as a whole or to none. */
export function note(
  { store, clock, door }: EngineContext,
  type: EventType,
  what: { appId: number | null; target: string | null; actor: string; message: string },
): void {
  store.events.add({ at: clock.now(), type, door, ...what });
}
