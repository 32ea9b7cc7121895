import type { App, Network } from "#domain/app.ts";
import type { Branch } from "#domain/branch.ts";
import type { ChangeListener } from "#domain/changes.ts";
import type { ReleaseDifference } from "#domain/code-changes.ts";
import type { ConfigVar, ConfigVars } from "#domain/config-var.ts";
import type { Door } from "#domain/door.ts";
import type { Domain } from "#domain/domain-name.ts";
import type { Event } from "#domain/events.ts";
import type { ConfigProblem, HostSettings } from "#domain/host-config.ts";
import type { ExitStatus } from "#domain/instance.ts";
import type { Job, JobOutput } from "#domain/job.ts";
import type { Key } from "#domain/key.ts";
import type { LimitChange } from "#domain/limit-choices.ts";
import type { LogFilter, LogLine, LogOrigin } from "#domain/logs.ts";
import type { MetricName, MetricUnit } from "#domain/metrics.ts";
import type { Release, ReleaseStatus } from "#domain/release.ts";
import type { ScoreCard } from "#domain/score-card.ts";
import type { EventQuery, JobQuery, Page } from "#domain/store.ts";
import type { LimitStatus } from "./limits.ts";
import type { Once } from "./once.ts";
import type { People } from "./people/people.ts";
import type { Receivers } from "./receivers.ts";
import type { RecentCounts } from "./recent-traffic.ts";
import type { Session } from "#domain/runner.ts";
import type { RunRequest, RunTicket } from "./runs.ts";

/** How a branch is doing, in one word. */
export type BranchState = "undeployed" | "running" | "starting" | "crashing" | "held" | "stopped";

export type BranchStatus = {
  readonly branch: Branch;
  readonly state: BranchState;
  readonly current: Release | null;
  /** Where visitors reach it. */
  readonly urls: readonly string[];
  readonly healthy: number;
  readonly wanted: number;
};

export type AppStatus = {
  readonly app: App;
  /** The team that owns it. */
  readonly team: string;
  readonly gitRemote: string;
  readonly branches: readonly BranchStatus[];
};

export type InstanceStatus = {
  /** `web.1` */
  readonly name: string;
  readonly id: number;
  readonly processType: string;
  readonly state: "starting" | "running" | "draining" | "crashing";
  readonly port: number | null;
  readonly pid: number | null;
  readonly command: string;
  /** At the last look; null when it was not looked at yet. */
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
  readonly isBehind: boolean;
  readonly startedAt: Date;
  readonly lastExit: ExitStatus | null;
  /** The last lines it printed; only for one that is crashing. */
  readonly lastLines: readonly string[];
};

export type LogQuery = LogFilter & {
  readonly origins: readonly LogOrigin[];
  readonly lines: number;
  readonly follow: boolean;
};

export type MetricsQuery = {
  /** The host when it is null. */
  readonly target: string | null;
  /** `web` or `web.1`. */
  readonly process: string | null;
  /** Everything when it is null. */
  readonly names: readonly MetricName[] | null;
  /** The last hour by default. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** As fits the time that is asked for when it is null. */
  readonly stepS: number | null;
};

export type MetricSeries = {
  readonly name: MetricName;
  readonly unit: MetricUnit;
  readonly processType: string | null;
  /** `web.1` */
  readonly instance: string | null;
  /** One for each step; null where nothing is known. */
  readonly values: readonly (number | null)[];
};

export type Metrics = {
  readonly from: Date;
  readonly stepS: number;
  readonly series: readonly MetricSeries[];
};

/** The last hour of a branch in few numbers. */
export type BranchTraffic = RecentCounts & {
  readonly target: string;
  /** At the moment, of all instances together. */
  readonly cpuCores: number;
  readonly memoryBytes: number;
};

/** What a monitoring system asks for: one family of samples for each thing that is measured. */
export type MetricFamily = {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly MetricSample[];
};

export type MetricSample = {
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type PlatformStatus = {
  readonly version: string;
  readonly home: string;
  readonly account: string;
  readonly settings: HostSettings;
  readonly startedAt: Date;
  readonly apps: number;
  readonly instances: number;
  /** Each protection with whether it is in force. */
  readonly isolation: readonly { readonly what: string; readonly inForce: boolean }[];
  readonly problems: readonly ConfigProblem[];
};

export type AppQuery = {
  /** Only apps whose names come after this one. */
  readonly after: string | null;
  readonly limit: number;
  readonly states?: readonly BranchState[] | undefined;
  /** Ids of the apps that may be seen; null for all. */
  readonly visible: ReadonlySet<number> | null;
};

export type ScoreQuery = Pick<AppQuery, "after" | "limit" | "visible"> & {
  /** Null for all apps. */
  readonly target: string | null;
};

/** A query in the words of people: a target instead of ids. */
export type Named<Query> = Omit<Query, "appIds" | "branchId" | "target"> & {
  readonly target: string | null;
  readonly visible: ReadonlySet<number> | null;
};

/**
 * What the platform does, for every door. `target` is `shop` or `shop@staging`; `actor` names who
 * asked. What takes long answers with a job to follow; null means that nothing had to change.
 */
export type Engine = Receivers & {
  /** Who may ask for what. */
  readonly people: People;
  /** For the first team unless another is named. */
  readonly createApp: (name: string, actor: string, teamId?: number | null) => Promise<App>;
  /** Likewise for the first push to a name. @throws {PlatformError} `app_not_found` where none is made. */
  readonly createOnPush: (app: string, actor: string, teamId: number | null) => Promise<App>;
  readonly listApps: (query: AppQuery) => Promise<AppStatus[]>;
  readonly appInfo: (app: string) => Promise<AppStatus>;
  /** Holds from now on, for what runs too; connections to the outside that stand are cut. */
  readonly setNetwork: (app: string, network: Network, actor: string) => Promise<void>;
  /** From now on nobody finds it; when the job has ended, nothing of it is left. */
  readonly destroyApp: (app: string, actor: string) => Promise<Job>;

  readonly listReleases: (
    target: string,
    query: Page & { readonly statuses?: readonly ReleaseStatus[] | undefined },
  ) => Promise<{ releases: Release[]; currentId: number | null }>;
  readonly releaseInfo: (target: string, releaseNumber: number | null) => Promise<Release>;
  /** What release `to` would change if it took the place of `from`, the current one when null. */
  readonly diffReleases: (
    target: string,
    from: number | null,
    to: number,
  ) => Promise<ReleaseDifference>;
  readonly rollback: (target: string, releaseNumber: number | null, actor: string) => Promise<Job>;

  readonly configVars: (target: string) => Promise<ConfigVars>;
  /** The values of these, or of all when null; that secrets were shown is an event. */
  readonly revealConfigVars: (
    target: string,
    names: readonly string[] | null,
    actor: string,
  ) => Promise<Record<string, string>>;
  /** Null unsets a var; what is a secret stays one until then, also when it is given a plain value. */
  readonly setConfigVars: (
    target: string,
    changes: Record<string, ConfigVar | null>,
    actor: string,
  ) => Promise<Job | null>;

  readonly listInstances: (target: string) => Promise<InstanceStatus[]>;
  readonly scale: (
    target: string,
    formation: Record<string, number>,
    actor: string,
  ) => Promise<Job | null>;
  readonly limits: (target: string) => Promise<LimitStatus[]>;
  readonly setLimits: (target: string, change: LimitChange, actor: string) => Promise<Job | null>;
  /** What protects each app at this moment, by looking at what runs. */
  readonly scoreCards: (query: ScoreQuery) => Promise<ScoreCard[]>;
  readonly restart: (target: string, instance: string | null, actor: string) => Promise<Job>;
  readonly stopBranch: (target: string, actor: string) => Promise<Job>;
  readonly startBranch: (target: string, actor: string) => Promise<Job>;
  readonly logs: (target: string, query: LogQuery, signal: AbortSignal) => AsyncIterable<LogLine>;
  /** Prepares a one-off command; `openRun` starts it with the ticket, once. */
  readonly createRun: (
    target: string,
    run: Pick<RunRequest, "command" | "terminal">,
    actor: string,
  ) => Promise<RunTicket>;
  /** Null for a run that is not known, was opened before, or waited too long. */
  readonly openRun: (run: string) => Session | null;
  /** The command lines named under custom_cmds, in the order asked for. */
  readonly customCommands: (target: string, names: readonly string[]) => Promise<string[]>;

  readonly listDomains: (target: string | null) => Promise<Domain[]>;
  readonly addDomain: (target: string, domain: string, actor: string) => Promise<Domain>;
  readonly removeDomain: (target: string, domain: string, actor: string) => Promise<void>;

  readonly listKeys: () => Promise<Key[]>;
  /**
   * @param line An authorized_keys line or the text of a .pub file with one key.
   * @param userId Whose it is; the installation's own unless somebody is named.
   */
  readonly addKey: (
    name: string,
    line: string,
    actor: string,
    userId?: string | null,
  ) => Promise<Key>;
  readonly removeKey: (name: string, actor: string) => Promise<void>;
  /** Reads the key folders again and writes the file that sshd reads; answers how many keys are in it. */
  readonly rebuildKeys: () => Promise<number>;

  /** `target` is an app with all its branches, or one branch; `visible` as in `AppQuery`. */
  readonly listEvents: (query: Named<EventQuery>) => Promise<Event[]>;

  /** The repository to push to, made when it is missing. @throws {PlatformError} `app_not_found` */
  readonly openRepository: (
    app: string,
  ) => Promise<{ directory: string; app: string; pushBytesMax: number }>;
  /** The repository to clone from. @throws {PlatformError} `app_not_found` */
  readonly readRepository: (app: string) => Promise<{ directory: string; app: string }>;
  /** Deploys a commit whose objects are there; on success the job moves the branch. */
  readonly deploy: (push: {
    app: string;
    branch: string;
    from: string | null;
    commit: string;
    actor: string;
  }) => Promise<Job>;
  /** Builds and deploys again what is current; all deployed branches when target is null. */
  readonly rebuild: (target: string | null, actor: string) => Promise<Job[]>;
  /** Removes what configuration files no longer name. */
  readonly cleanup: (actor: string) => Promise<Job | null>;

  readonly metrics: (query: MetricsQuery) => Promise<Metrics>;
  /** A page of it, by target; `visible` as in `AppQuery`. */
  readonly overview: (query: Omit<AppQuery, "states">) => Promise<BranchTraffic[]>;
  /** All that is measured, as of now, since berthd started. */
  readonly metricFamilies: () => MetricFamily[];

  readonly job: (id: number) => Promise<Job>;
  readonly listJobs: (query: Named<JobQuery>) => Promise<Job[]>;
  /** A job's output from a byte on, as it comes, and the job each time it has changed; ended, it is the last. */
  readonly followJob: (
    id: number,
    offset: number,
    signal: AbortSignal,
  ) => AsyncIterable<JobOutput | { readonly job: Job }>;
  /** Resolves with the ended job. @throws {PlatformError} `job_ended`, `abort_too_late` */
  readonly abortJob: (id: number, actor: string) => Promise<Job>;

  /** Requests that bear a key are carried out once. */
  readonly once: Once;
  /** Calls `listener` with every change until the answer is disposed of. */
  readonly listen: (listener: ChangeListener) => Disposable;
  /** The same engine for somebody who came in by this door, which is noted with what they do. */
  readonly through: (door: Door) => Engine;

  /** Encrypts every secret with a new key; answers with its name. */
  readonly rotateSecrets: (actor: string) => Promise<{ readonly key: string }>;

  readonly status: () => Promise<PlatformStatus>;
  /** Stops every instance gracefully and takes no more work, before the machine or Berth goes down. */
  readonly shutDown: () => Promise<void>;
};
