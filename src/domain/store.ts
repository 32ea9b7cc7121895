import type { App } from "./app.ts";
import type { Artifact } from "./artifact.ts";
import type { Branch, BranchOutline } from "./branch.ts";
import type { Domain } from "./domain-name.ts";
import type { Drain } from "./drain.ts";
import type { Event, EventType } from "./events.ts";
import type { Instance, InstancePlace } from "./instance.ts";
import type { Job, JobKind, JobStatus } from "./job.ts";
import type { Key } from "./key.ts";
import type { PeopleStore } from "./people-store.ts";
import type { Delivery, Notification } from "./notification.ts";
import type { Release, ReleaseStatus } from "./release.ts";
import type { SignInRows } from "./sign-in.ts";

/** Rows of one noun. A patch changes the columns that it names. */
type Rows<Row, New, Change> = {
  readonly add: (row: New) => Row;
  readonly get: (id: number) => Row | null;
  readonly update: (id: number, patch: Change) => void;
};

type Without<Row, Keys extends keyof Row> = Omit<Row, Keys>;
type Patch<Row, Keys extends keyof Row> = Partial<Pick<Row, Keys>>;

/** What is past: whatever is from before a moment, and what is more than `keep` of the newest. */
export type Past = { readonly before: Date; readonly keep: number; readonly batch: number };

/** Who asked, and the key that they chose. */
export type OncePlace = { readonly caller: string; readonly key: string };

/** Which rows of a long list are wanted, the newest first; what is null or missing matters not. */
export type Page = {
  /** Only rows with a smaller id. */
  readonly before?: number | null;
  readonly limit: number;
};

export type JobQuery = Page & {
  readonly appIds?: readonly number[] | null;
  readonly branchId?: number | null;
  readonly kinds?: readonly JobKind[] | undefined;
  readonly statuses?: readonly JobStatus[] | undefined;
  readonly actors?: readonly string[] | undefined;
};

export type EventQuery = Page & {
  readonly appIds?: readonly number[] | null;
  /** As it was called when it happened. */
  readonly target?: string | null;
  readonly types?: readonly EventType[] | undefined;
  readonly actors?: readonly string[] | undefined;
  /** Only rows with a greater id. */
  readonly after?: number | null;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
};

/**
 * The state. Synchronous, because it is a file in the same process; what a call answered is on the
 * disk. Everything of one app is found by its id, never by its name.
 */
export type Store = {
  /** All or nothing. */
  readonly transaction: <T>(work: () => T) => T;

  readonly apps: Rows<
    App,
    Without<App, "id" | "teamId" | "userNumber" | "network"> & { readonly teamId?: number },
    Patch<App, "managedBy" | "teamId" | "network">
  > & {
    readonly named: (name: string) => App | null;
    /** Those that are not being destroyed, by name; a page of them if that is asked for. */
    readonly list: (page?: { readonly after: string | null; readonly limit: number }) => App[];
    readonly markDestroying: (id: number, at: Date) => void;
    readonly destroying: () => App[];
    /** Removes the app and every row that belongs to it, except its events. */
    readonly remove: (id: number) => void;
  };
  readonly branches: Rows<
    Branch,
    Pick<Branch, "appId" | "name" | "isDefault" | "config">,
    Patch<
      Branch,
      | "name"
      | "isDefault"
      | "config"
      | "mode"
      | "heldUntil"
      | "currentReleaseId"
      | "candidateReleaseId"
    >
  > & {
    readonly of: (appId: number) => Branch[];
    readonly ofApps: (appIds: readonly number[]) => Branch[];
    readonly list: () => Branch[];
    /** Every branch of apps that are not being destroyed, read quickly. */
    readonly outlines: () => BranchOutline[];
    readonly remove: (id: number) => void;
  };
  readonly artifacts: Rows<
    Artifact,
    Pick<Artifact, "branchId" | "commit" | "createdAt">,
    Patch<Artifact, "processTypes" | "releaseCommand" | "status">
  > & {
    readonly of: (branchId: number) => Artifact[];
    /** Every id that a directory may stand for. */
    readonly ids: () => number[];
  };
  readonly releases: Rows<
    Release,
    Pick<Release, "branchId" | "artifactId" | "config" | "description" | "actor" | "createdAt">,
    Patch<Release, "status" | "healthyAt">
  > & {
    readonly many: (ids: readonly number[]) => Release[];
    /** Newest first. */
    readonly of: (branchId: number) => Release[];
    /** Newest first; `before` is a release's number. */
    readonly list: (
      branchId: number,
      query: Page & { readonly statuses?: readonly ReleaseStatus[] | undefined },
    ) => Release[];
    readonly numbered: (branchId: number, releaseNumber: number) => Release | null;
  };
  readonly instances: Rows<
    Instance,
    Without<Instance, "id" | "healthyAt" | "retiringAt" | "drainingAt">,
    Patch<Instance, "spec" | "healthyAt" | "retiringAt" | "drainingAt">
  > & {
    readonly of: (branchId: number) => Instance[];
    /** How those of some branches stand that are not draining. */
    readonly standing: (
      branchIds: readonly number[],
    ) => Pick<Instance, "id" | "branchId" | "healthyAt">[];
    readonly list: () => Instance[];
    /** Every instance, read quickly. */
    readonly places: () => InstancePlace[];
    readonly ports: () => number[];
    readonly remove: (id: number) => void;
  };
  readonly jobs: Rows<
    Job,
    Pick<Job, "kind" | "branchId" | "appId" | "target" | "actor" | "door" | "input" | "createdAt">,
    Patch<Job, "step" | "steps" | "artifactId" | "releaseId">
  > & {
    /** Moves a job on; refuses what `jobTransitions` does not allow. */
    readonly setStatus: (
      id: number,
      status: JobStatus,
      facts: { at: Date; error: Job["error"]; before?: Job["before"] },
    ) => void;
    /** Those that have not ended, oldest first. */
    readonly open: () => Job[];
    readonly list: (query: JobQuery) => Job[];
    /** Ids of up to `batch` jobs that have ended and are past, the oldest first. */
    readonly past: (past: Past) => number[];
    /** Every id that a log may stand for. */
    readonly ids: () => number[];
    /** Removes rows of jobs that have ended, with whatever else is noted of them. */
    readonly remove: (ids: readonly number[]) => void;
  };
  readonly events: {
    readonly add: (event: Without<Event, "id">) => Event;
    /** Oldest first, newer than the event `after`. */
    readonly after: (after: number, limit: number) => Event[];
    readonly list: (query: EventQuery) => Event[];
    /** Removes up to `batch` of those that are past, the oldest first; answers how many. */
    readonly prune: (past: Past) => number;
  };
  readonly notifications: Rows<
    Notification,
    Without<Notification, "id" | "lastSuccessAt" | "lastError">,
    Patch<Notification, "address" | "events" | "lastSuccessAt" | "lastError">
  > & {
    readonly list: () => Notification[];
    readonly remove: (id: number) => void;
  };
  /** What is still to be told, so that nothing of it is lost when berthd is killed. */
  readonly deliveries: {
    readonly add: (delivery: Delivery) => void;
    /** Those whose time has come, the oldest first. */
    readonly due: (at: Date, limit: number) => Delivery[];
    readonly retry: (id: string, attempts: number, nextAt: Date) => void;
    readonly remove: (id: string) => void;
    readonly count: (notificationId: number) => number;
  };
  readonly drains: Rows<
    Drain,
    Pick<Drain, "branchId" | "url" | "ca" | "actor" | "createdAt" | "positions">,
    Patch<Drain, "positions" | "sentLines" | "skippedBytes" | "lastSuccessAt" | "lastError">
  > & {
    readonly list: () => Drain[];
    readonly remove: (id: number) => void;
  };
  /** Numbers by name: how far something has got. */
  readonly marks: {
    readonly get: (name: string) => number | null;
    readonly set: (name: string, value: number | null) => void;
  };
  readonly domains: {
    readonly get: (name: string) => Domain | null;
    readonly list: () => Domain[];
    /** Those with a location of this app. */
    readonly of: (app: string) => Domain[];
    readonly set: (domain: Domain) => void;
    readonly remove: (name: string) => void;
  };
  readonly keys: {
    readonly list: () => Key[];
    readonly add: (key: Without<Key, "id">) => Key;
    readonly get: (id: number) => Key | null;
    readonly remove: (id: number) => void;
  };
  readonly secrets: {
    /** Seals every secret with a new key and takes the old one away; killed half-way, all is readable. */
    readonly rotate: () => Promise<{ readonly key: string }>;
    /** Name of the key that is in use. */
    readonly key: () => string;
    /** Names of a branch's secrets whose value some row of it holds as it is. */
    readonly readable: (branch: Branch) => string[];
  };
  /** Keys of requests that are carried out once. */
  readonly once: {
    readonly get: (place: OncePlace) => {
      readonly fingerprint: string;
      readonly isDone: boolean;
      readonly answer: string | null;
    } | null;
    readonly add: (
      place: OncePlace,
      facts: { readonly fingerprint: string; readonly createdAt: Date },
    ) => void;
    /** Notes the end; null for an answer that is not kept. */
    readonly finish: (place: OncePlace, answer: string | null) => void;
    readonly remove: (place: OncePlace) => void;
    /** Removes up to `batch` of those from before; answers how many. */
    readonly prune: (past: Omit<Past, "keep">) => number;
  };
  readonly configFiles: {
    readonly get: (file: string) => string | null;
    readonly set: (file: string, text: string | null) => void;
  };
  readonly people: PeopleStore;
  readonly signIn: SignInRows;
};
