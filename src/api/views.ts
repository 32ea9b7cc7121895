import { z } from "zod";
import { BranchName, Network } from "#domain/app.ts";
import { DomainConfig } from "#domain/domain-name.ts";
import { doors } from "#domain/door.ts";
import { jobKinds, jobStatuses, stepStatuses } from "#domain/job.ts";
import { ProcessType } from "#domain/process-type.ts";

/**
 * The nouns as JSON. What is not named here never leaves the server, whatever the engine knows:
 * config vars are in no view but the one that `config.list` answers with, and secrets in none.
 */
export const Timestamp = z.iso.datetime().describe("Moment in UTC, ISO 8601.");

export const ConfigVarView = z.object({
  name: z.string(),
  secret: z.boolean(),
  value: z.string().nullable().describe("Null for a secret."),
});
export type ConfigVarView = z.infer<typeof ConfigVarView>;

const ErrorView = z.object({ code: z.string(), message: z.string(), hint: z.string() });

const AppView = z.object({
  name: z.string(),
  managedBy: z.string().nullable().describe("Configuration file that manages it."),
  network: Network.describe("Whether its programs may connect to the outside."),
  createdAt: Timestamp,
});

export const releaseStatuses = ["pending", "healthy", "failed"] as const;

const ReleaseView = z.object({
  number: z.int().describe("Counted per branch, from 1."),
  commit: z.string(),
  description: z.string(),
  actor: z.string(),
  status: z.enum(releaseStatuses),
  createdAt: Timestamp,
  healthyAt: Timestamp.nullable(),
});

export const ListedReleaseView = ReleaseView.extend({ current: z.boolean() });

export const ReleaseDetailView = ReleaseView.extend({
  processTypes: z.record(z.string(), ProcessType),
  configVars: z.array(z.string()).describe("Names only."),
  releaseCommand: z.string().nullable(),
});

export const branchStates = [
  "undeployed",
  "running",
  "starting",
  "crashing",
  "held",
  "stopped",
] as const;

export const BranchView = z.object({
  target: z.string().describe("How the branch is named in commands: shop or shop@staging."),
  name: BranchName,
  isDefault: z.boolean(),
  state: z.enum(branchStates),
  current: ReleaseView.nullable(),
  urls: z.array(z.string()),
  healthy: z.int().describe("Instances that answer."),
  wanted: z.int().describe("Instances that should."),
});
export type BranchView = z.infer<typeof BranchView>;

export const AppStatusView = z.object({
  app: AppView,
  team: z.string().describe("The team that owns it."),
  gitRemote: z.string(),
  branches: z.array(BranchView),
});
export type AppStatusView = z.infer<typeof AppStatusView>;

export const instanceStates = ["starting", "running", "draining", "crashing"] as const;

export const InstanceView = z.object({
  name: z.string().describe("Such as web.1."),
  processType: z.string(),
  state: z.enum(instanceStates),
  port: z.int().nullable(),
  pid: z.int().nullable(),
  command: z.string(),
  cpuCores: z.number().nullable().describe("Used at the moment; null before the first look."),
  memoryBytes: z.number().nullable(),
  isBehind: z
    .boolean()
    .describe(
      "Its app uses so much of the processors, or prints so much, that what others ask for is done first.",
    ),
  startedAt: Timestamp,
  lastExit: z
    .object({
      code: z.int().nullable(),
      signal: z.string().nullable(),
      outOfMemory: z.boolean().optional(),
    })
    .nullable()
    .describe("How it ended last; code or signal is null."),
  lastLines: z.array(z.string()).describe("What it printed last; only when it is crashing."),
});
export type InstanceView = z.infer<typeof InstanceView>;

export const LogLineView = z.object({ at: z.string(), source: z.string(), text: z.string() });
export type LogLineView = z.infer<typeof LogLineView>;

export const DomainView = z.object({
  name: z.string(),
  config: DomainConfig,
  managedBy: z.string().nullable(),
});
export type DomainView = z.infer<typeof DomainView>;

export const KeyView = z.object({
  name: z.string(),
  type: z.string(),
  fingerprint: z.string(),
  user: z.string().nullable().describe("Whose it is; null for the installation's own."),
  managedBy: z.string().nullable(),
  createdAt: Timestamp,
});
export type KeyView = z.infer<typeof KeyView>;

export const EventView = z.object({
  id: z.int(),
  at: Timestamp,
  type: z.string(),
  target: z.string().nullable(),
  actor: z.string(),
  door: z.enum(doors).describe("Through what it was asked for."),
  message: z.string(),
});
export type EventView = z.infer<typeof EventView>;

export const JobStepView = z.object({
  name: z.string().describe("Such as build; a builder's or hook's name within it."),
  title: z.string(),
  status: z.enum(stepStatuses).describe("interrupted: Berth was away, and began it again."),
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  from: z.int().describe("Byte of the job's output at which its own begins."),
  to: z.int().nullable().describe("Byte at which it ends."),
  exitCode: z.int().nullish().describe("Of the command that it ran; null when that was killed."),
  get steps() {
    return z.array(JobStepView).describe("The steps within it.");
  },
});
export type JobStepView = z.infer<typeof JobStepView>;

export const JobView = z.object({
  id: z.int(),
  kind: z.enum(jobKinds),
  target: z.string().describe("Empty for a job of the whole platform."),
  actor: z.string(),
  door: z.enum(doors).describe("Through what it was asked for."),
  status: z.enum(jobStatuses),
  step: z.string().nullable().describe("Where a deploy is."),
  steps: z.array(JobStepView),
  input: z.object({
    commit: z.string().optional(),
    description: z.string().optional(),
    instance: z.string().optional(),
    command: z.string().optional(),
  }),
  error: ErrorView.nullable(),
  createdAt: Timestamp,
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
});
export type JobView = z.infer<typeof JobView>;

export const ChangeView = z.object({
  job: JobView.nullable().describe("Null when nothing that runs had to change."),
});
export type ChangeView = z.infer<typeof ChangeView>;

export const RunView = z.object({
  id: z.string().describe("A secret that attaches to the run, once, within 30 seconds."),
  job: z.int().describe("Number of the job that it is."),
});
export type RunView = z.infer<typeof RunView>;
