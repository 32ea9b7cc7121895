import { z } from "zod";
import { HealthCheck, HookCommands, ProcessType, Timing } from "./process-type.ts";
import { ProcessTypeName } from "./app.ts";
import { ConfigVar, withSecretNames } from "./config-var.ts";
import { changeLimits, LimitChoices, type LimitChange } from "./limit-choices.ts";

/**
 * What is wanted of a branch beyond its code. Set by commands, or by a file, from which the
 * process types come too; they are null when the pushed tree decides them (Procfile, package.json).
 */
export const BranchConfig = z.strictObject({
  env: z.record(z.string(), ConfigVar).default({}),
  /** Wanted counts that differ from the process types' own. */
  formation: z.record(ProcessTypeName, z.int().nonnegative().max(1000)).default({}),
  processTypes: z.record(ProcessTypeName, ProcessType).nullable().default(null),
  hooks: z
    .strictObject({
      beforeBuild: HookCommands,
      build: HookCommands,
      afterBuild: HookCommands,
      maintenance: HookCommands,
      whileServing: z.boolean().default(false),
    })
    .prefault({}),
  customCommands: z.record(z.string(), z.string()).default({}),
  health: HealthCheck.prefault({}),
  timing: Timing.prefault({}),
  /** What an instance and a build may use, where that differs from the defaults. */
  limits: LimitChoices.prefault({}),
  keepReleases: z
    .int()
    .min(2)
    .max(1000)
    .default(10)
    .describe("Releases whose code is kept for a rollback; 10 by default."),
});
export type BranchConfig = z.infer<typeof BranchConfig>;

/**
 * How a branch stands to the visitors: `serving`; `held` while maintenance hooks run and requests
 * wait; `stopped` by a person.
 */
export type BranchMode = "serving" | "held" | "stopped";

/** One deployed line of an app. */
export type Branch = {
  readonly id: number;
  readonly appId: number;
  readonly appName: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly config: BranchConfig;
  readonly mode: BranchMode;
  /** Until when requests are held; null unless mode is `held`. */
  readonly heldUntil: Date | null;
  readonly currentReleaseId: number | null;
  /** The release that a running job brings up beside the current one. */
  readonly candidateReleaseId: number | null;
};

/** A branch without its configuration. */
export type BranchOutline = Pick<
  Branch,
  "id" | "appId" | "appName" | "name" | "isDefault" | "mode" | "currentReleaseId"
>;

/** A branch's config with config vars and counts changed; null unsets a var. */
export function changeConfig(config: BranchConfig, changes: ConfigChanges): BranchConfig {
  const changed = withSecretNames(changes.env ?? {}, config.env);
  const env = Object.entries({ ...config.env, ...changed }).filter(
    (entry): entry is [string, ConfigVar] => entry[1] !== null,
  );
  return {
    ...config,
    env: Object.fromEntries(env),
    formation: { ...config.formation, ...changes.formation },
    limits: changes.limits ? changeLimits(config.limits, changes.limits) : config.limits,
  };
}

/** An older config, in which stays secret what is a secret now. */
export function restoreConfig(older: BranchConfig, now: BranchConfig): BranchConfig {
  return { ...older, env: withSecretNames(older.env, now.env) };
}

export type ConfigChanges = {
  readonly env?: Readonly<Record<string, ConfigVar | null>>;
  readonly formation?: Readonly<Record<string, number>>;
  readonly limits?: LimitChange;
};

/** `shop`, or `shop@staging`: how a branch is named to people and taken from them. */
export function targetOf(branch: Pick<Branch, "appName" | "name" | "isDefault">): string {
  return branch.isDefault ? branch.appName : `${branch.appName}@${branch.name}`;
}
