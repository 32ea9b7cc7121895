import { BranchConfig, type Branch } from "#domain/branch.ts";
import { HostSettings, type HostConfig } from "#domain/host-config.ts";
import type { Event } from "#domain/events.ts";
import type { Instance } from "#domain/instance.ts";
import { ProcessType } from "#domain/process-type.ts";
import type { Release } from "#domain/release.ts";
import { instanceLimits } from "#domain/limits.ts";

export const moment = new Date("2026-03-01T12:00:00.000Z");

/** Somebody's making of the app. */
export const madeShop = {
  id: 1,
  at: moment,
  type: "app.created",
  appId: 1,
  target: "shop",
  actor: "ann",
  door: "cli",
  message: "Made shop.",
} as const satisfies Event;

export function branch(overrides: Partial<Branch> = {}): Branch {
  return {
    id: 1,
    appId: 1,
    appName: "shop",
    name: "main",
    isDefault: true,
    config: BranchConfig.parse({}),
    mode: "serving",
    heldUntil: null,
    currentReleaseId: null,
    candidateReleaseId: null,
    ...overrides,
  };
}

export function web(overrides: Partial<ProcessType> = {}): ProcessType {
  return ProcessType.parse({ kind: "web", command: "node server.js", ...overrides });
}

export function release(overrides: Partial<Release> = {}): Release {
  return {
    id: 1,
    branchId: 1,
    number: 1,
    artifactId: 1,
    commit: "a".repeat(40),
    config: BranchConfig.parse({}),
    processTypes: { web: web() },
    releaseCommand: null,
    description: "Deploy aaaaaaa",
    actor: "ann",
    status: "healthy",
    createdAt: moment,
    healthyAt: moment,
    ...overrides,
  };
}

export function instance(overrides: Partial<Instance> = {}): Instance {
  const health = { path: null, timeoutS: 30 };
  return {
    id: 1,
    branchId: 1,
    processType: "web",
    index: 1,
    specHash: "spec",
    spec: {
      artifactId: 1,
      command: "node server.js",
      env: {},
      kind: "web",
      health,
      limits: instanceLimits,
    },
    port: 61_500,
    createdAt: moment,
    healthyAt: moment,
    retiringAt: null,
    drainingAt: null,
    ...overrides,
  };
}

export function hostConfig(overrides: Partial<HostConfig> = {}): HostConfig {
  const none = { apps: new Map(), domains: new Map(), keys: [], problems: [] };
  return { settings: HostSettings.parse({}), ...none, ...overrides };
}
