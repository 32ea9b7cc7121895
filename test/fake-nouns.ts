import type { App } from "#domain/app.ts";
import { BranchConfig } from "#domain/branch.ts";
import type { Job } from "#domain/job.ts";
import type { Key } from "#domain/key.ts";
import type { AppStatus, Engine, InstanceStatus } from "#engine/engine.ts";
import type { DrainStatus, NotificationStatus } from "#engine/receivers.ts";
import { branch, moment, release } from "./factories.ts";

/** What the fake engine has one of each. */
export const shop: App = {
  id: 1,
  name: "shop",
  teamId: 1,
  managedBy: null,
  userNumber: 1,
  network: "open",
  createdAt: moment,
};

export const shopRelease = release({
  id: 40,
  branchId: 4,
  number: 5,
  artifactId: 9,
  commit: "3f2a1b0c".repeat(5),
  config: BranchConfig.parse({ env: { SECRET: "s3cret" } }),
  description: "Deploy 3f2a1b0",
  status: "healthy",
  createdAt: moment,
  healthyAt: moment,
});

const shopBranch = branch({ id: 4, currentReleaseId: shopRelease.id });

export const shopStatus: AppStatus = {
  app: shop,
  team: "main",
  gitRemote: "ssh://berth@localhost:42522/shop",
  branches: [
    {
      branch: shopBranch,
      state: "running",
      current: shopRelease,
      urls: ["http://shop.localhost:42530"],
      healthy: 1,
      wanted: 1,
    },
  ],
};

export const instance: InstanceStatus = {
  name: "web.1",
  id: 7,
  processType: "web",
  state: "crashing",
  port: 61_500,
  pid: 99,
  command: "node .",
  cpuCores: 0.25,
  memoryBytes: 52_000_000,
  isBehind: false,
  startedAt: moment,
  lastExit: { code: 1, signal: null },
  lastLines: ["Error: no database"],
};

export const drain: DrainStatus = {
  id: 2,
  branchId: 4,
  target: "shop",
  url: "syslog+tls://logs.test:6514",
  actor: "ann",
  createdAt: moment,
  sentLines: 40,
  skippedBytes: 0,
  waitingBytes: 1200,
  lastSuccessAt: moment,
  lastError: null,
};

export const notification: NotificationStatus = {
  id: 3,
  appId: 1,
  target: "shop",
  team: null,
  teamId: null,
  kind: "webhook",
  address: "https://a.test/…",
  events: ["deploy.failed"],
  actor: "ann",
  createdAt: moment,
  lastSuccessAt: null,
  lastError: "it answered with status 500",
  waiting: 2,
};

export const key: Key = {
  id: 1,
  name: "laptop",
  type: "ssh-ed25519",
  blob: "AAAA",
  fingerprint: "SHA256:abc",
  userId: null,
  managedBy: null,
  createdAt: moment,
};

export const doneJob: Job = {
  id: 12,
  kind: "deploy",
  branchId: 4,
  appId: 1,
  target: "shop",
  actor: "ann",
  door: "git",
  status: "done",
  step: "finish",
  steps: [
    {
      name: "build",
      title: "Building",
      status: "done",
      startedAt: moment.toISOString(),
      endedAt: new Date(moment.getTime() + 900).toISOString(),
      from: 0,
      to: 9,
      steps: [],
    },
  ],
  input: { commit: shopRelease.commit },
  artifactId: 9,
  releaseId: 40,
  error: null,
  before: null,
  createdAt: moment,
  startedAt: moment,
  endedAt: new Date(moment.getTime() + 1_250),
};

export function domain(name: string): Awaited<ReturnType<Engine["addDomain"]>> {
  const upstream = { app: "shop", branch: "main", processType: "web" };
  const locations = [{ path: "/", upstream, maintenance: null }];
  return { name, config: { locations, ssl: false, certificate: null, key: null }, managedBy: null };
}
