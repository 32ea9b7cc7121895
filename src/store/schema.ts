import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "./drizzle.ts";
import type { Known } from "#domain/audit.ts";
import type { Network } from "#domain/app.ts";
import type { BranchMode } from "#domain/branch.ts";
import type { Door } from "#domain/door.ts";
import type { DomainConfig } from "#domain/domain-name.ts";
import type { ErrorReport } from "#domain/errors.ts";
import type { EventType } from "#domain/events.ts";
import type { DeployStep, JobKind, JobStatus, JobStep } from "#domain/job.ts";
import type { ProcessType } from "#domain/process-type.ts";
import type { LogPositions } from "#domain/drain.ts";
import type { NotificationEvent, NotificationKind } from "#domain/notification.ts";
import type { ReleaseStatus } from "#domain/release.ts";
import { firstTeamId } from "#domain/team.ts";
import { id, time } from "./columns.ts";
import { teams, users } from "./people-schema.ts";
import type { StoredConfig, StoredInput, StoredSpec } from "./sealing.ts";

export const apps = sqliteTable("apps", {
  id: id(),
  name: text("name").notNull().unique(),
  teamId: integer("team_id")
    .notNull()
    .default(firstTeamId)
    .references(() => teams.id),
  managedBy: text("managed_by"),
  /** Which of the home's Linux users is its own. */
  userNumber: integer("user_number").notNull().unique(),
  network: text("network").$type<Network>().notNull().default("open"),
  createdAt: time("created_at").notNull(),
  /** Set while it is being destroyed, so that a crash in the middle is finished later. */
  destroyingAt: time("destroying_at"),
});

export const branches = sqliteTable(
  "branches",
  {
    id: id(),
    appId: integer("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    isDefault: integer("is_default", { mode: "boolean" }).notNull(),
    config: text("config", { mode: "json" }).$type<StoredConfig>().notNull(),
    mode: text("mode").$type<BranchMode>().notNull(),
    heldUntil: time("held_until"),
    currentReleaseId: integer("current_release_id"),
    candidateReleaseId: integer("candidate_release_id"),
  },
  (table) => [uniqueIndex("branches_by_name").on(table.appId, table.name)],
);

export const artifacts = sqliteTable(
  "artifacts",
  {
    id: id(),
    branchId: integer("branch_id")
      .notNull()
      .references(() => branches.id, { onDelete: "cascade" }),
    commit: text("commit").notNull(),
    processTypes: text("process_types", { mode: "json" })
      .$type<Record<string, ProcessType>>()
      .notNull(),
    releaseCommand: text("release_command"),
    /** `partial` until its directory is whole; `pruned` once it is removed. */
    status: text("status").$type<"partial" | "ready" | "pruned">().notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [index("artifacts_by_branch").on(table.branchId)],
);

export const releases = sqliteTable(
  "releases",
  {
    id: id(),
    branchId: integer("branch_id")
      .notNull()
      .references(() => branches.id, { onDelete: "cascade" }),
    number: integer("number").notNull(),
    artifactId: integer("artifact_id")
      .notNull()
      .references(() => artifacts.id),
    config: text("config", { mode: "json" }).$type<StoredConfig>().notNull(),
    description: text("description").notNull(),
    actor: text("actor").notNull(),
    status: text("status").$type<ReleaseStatus>().notNull(),
    createdAt: time("created_at").notNull(),
    healthyAt: time("healthy_at"),
  },
  (table) => [uniqueIndex("releases_by_number").on(table.branchId, table.number)],
);

export const instances = sqliteTable(
  "instances",
  {
    id: id(),
    branchId: integer("branch_id")
      .notNull()
      .references(() => branches.id, { onDelete: "cascade" }),
    processType: text("process_type").notNull(),
    index: integer("index").notNull(),
    specHash: text("spec_hash").notNull(),
    spec: text("spec", { mode: "json" }).$type<StoredSpec>().notNull(),
    port: integer("port").unique(),
    createdAt: time("created_at").notNull(),
    healthyAt: time("healthy_at"),
    retiringAt: time("retiring_at"),
    drainingAt: time("draining_at"),
  },
  (table) => [index("instances_by_branch").on(table.branchId)],
);

export const jobs = sqliteTable(
  "jobs",
  {
    id: id(),
    kind: text("kind").$type<JobKind>().notNull(),
    branchId: integer("branch_id").references(() => branches.id, { onDelete: "cascade" }),
    appId: integer("app_id"),
    target: text("target").notNull().default(""),
    actor: text("actor").notNull(),
    door: text("door").$type<Door>().notNull().default("platform"),
    status: text("status").$type<JobStatus>().notNull(),
    step: text("step").$type<DeployStep>(),
    steps: text("steps", { mode: "json" }).$type<readonly JobStep[]>().notNull().default([]),
    input: text("input", { mode: "json" }).$type<StoredInput>().notNull(),
    artifactId: integer("artifact_id"),
    releaseId: integer("release_id"),
    error: text("error", { mode: "json" }).$type<ErrorReport>(),
    /** What was so when it began, until it ends. */
    before: text("before", { mode: "json" }).$type<Known>(),
    createdAt: time("created_at").notNull(),
    startedAt: time("started_at"),
    endedAt: time("ended_at"),
  },
  (table) => [
    index("jobs_by_status").on(table.status),
    index("jobs_by_branch").on(table.branchId),
    index("jobs_by_app").on(table.appId),
  ],
);

export const events = sqliteTable(
  "events",
  {
    id: id(),
    at: time("at").notNull(),
    type: text("type").$type<EventType>().notNull(),
    appId: integer("app_id"),
    target: text("target"),
    actor: text("actor").notNull(),
    door: text("door").$type<Door>().notNull().default("platform"),
    message: text("message").notNull(),
  },
  // SQLite adds the id to each, so that rows of one value come in order without sorting.
  (table) => [
    index("events_by_target").on(table.target),
    index("events_by_app").on(table.appId, table.type),
    index("events_by_app_only").on(table.appId),
    index("events_by_type").on(table.type),
    index("events_by_actor").on(table.actor),
    index("events_by_time").on(table.at),
  ],
);

export const domains = sqliteTable("domains", {
  name: text("name").primaryKey(),
  config: text("config", { mode: "json" }).$type<DomainConfig>().notNull(),
  managedBy: text("managed_by"),
});

export const keys = sqliteTable("keys", {
  id: id(),
  name: text("name").notNull().unique(),
  type: text("type").notNull(),
  blob: text("blob").notNull().unique(),
  fingerprint: text("fingerprint").notNull(),
  /** Null for the installation's own keys. */
  userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
  managedBy: text("managed_by"),
  createdAt: time("created_at").notNull(),
});

/** The keys that secrets are sealed with, by name; the keys themselves are not here. */
export const secretKeys = sqliteTable("secret_keys", { id: text("id").primaryKey() });

/** Requests that bear a key of their client's choice, so that each is carried out once. */
export const onceKeys = sqliteTable(
  "once_keys",
  {
    caller: text("caller").notNull(),
    key: text("key").notNull(),
    /** Of what was asked, so that a key is not used for something else. */
    fingerprint: text("fingerprint").notNull(),
    isDone: integer("is_done", { mode: "boolean" }).notNull(),
    answer: text("answer"),
    createdAt: time("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.caller, table.key] }),
    index("once_keys_by_time").on(table.createdAt),
  ],
);

/** The newest valid text of each configuration file, sealed, as it may hold secrets. */
export const configFiles = sqliteTable("config_files", {
  file: text("file").primaryKey(),
  text: text("text").notNull(),
});

export const notifications = sqliteTable(
  "notifications",
  {
    id: id(),
    appId: integer("app_id").references(() => apps.id, { onDelete: "cascade" }),
    teamId: integer("team_id").references(() => teams.id, { onDelete: "cascade" }),
    kind: text("kind").$type<NotificationKind>().notNull(),
    /** Sealed. */
    address: text("address").notNull(),
    signingSecret: text("signing_secret"),
    events: text("events", { mode: "json" }).$type<readonly EventType[]>().notNull(),
    actor: text("actor").notNull(),
    createdAt: time("created_at").notNull(),
    lastSuccessAt: time("last_success_at"),
    lastError: text("last_error"),
  },
  (table) => [index("notifications_by_app").on(table.appId)],
);

export const deliveries = sqliteTable(
  "deliveries",
  {
    id: text("id").primaryKey(),
    notificationId: integer("notification_id")
      .notNull()
      .references(() => notifications.id, { onDelete: "cascade" }),
    event: text("event", { mode: "json" })
      .$type<Omit<NotificationEvent, "at"> & { readonly at: string }>()
      .notNull(),
    attempts: integer("attempts").notNull(),
    createdAt: time("created_at").notNull(),
    nextAt: time("next_at").notNull(),
  },
  (table) => [
    index("deliveries_by_time").on(table.nextAt),
    index("deliveries_by_notification").on(table.notificationId),
  ],
);

export const drains = sqliteTable(
  "drains",
  {
    id: id(),
    branchId: integer("branch_id")
      .notNull()
      .references(() => branches.id, { onDelete: "cascade" }),
    /** Sealed: its URL may hold a password. */
    url: text("url").notNull(),
    /** Certificates to trust instead of the system's, PEM. */
    ca: text("ca"),
    actor: text("actor").notNull(),
    createdAt: time("created_at").notNull(),
    /** How far each log has been sent. */
    positions: text("positions", { mode: "json" }).$type<LogPositions>().notNull(),
    sentLines: integer("sent_lines").notNull().default(0),
    skippedBytes: integer("skipped_bytes").notNull().default(0),
    lastSuccessAt: time("last_success_at"),
    lastError: text("last_error"),
  },
  (table) => [index("drains_by_branch").on(table.branchId)],
);

export const marks = sqliteTable("marks", {
  name: text("name").primaryKey(),
  value: integer("value").notNull(),
});
