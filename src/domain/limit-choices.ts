import { z } from "zod";
import { ProcessTypeName } from "./app.ts";
import { buildLimits, instanceLimits, Limits, SomeLimits } from "./limits.ts";

/** The limits chosen in a branch's config: for the whole app, for one process type, for its builds. */
export const LimitChoices = z.strictObject({
  app: SomeLimits.default({}),
  types: z.record(ProcessTypeName, SomeLimits).default({}),
  build: SomeLimits.default({}),
});
export type LimitChoices = z.infer<typeof LimitChoices>;

/** What a choice of limits is for. */
export const LimitScope = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("app") }),
  z.strictObject({ kind: z.literal("type"), processType: ProcessTypeName }),
  z.strictObject({ kind: z.literal("build") }),
]);
export type LimitScope = z.infer<typeof LimitScope>;

/** Limits to choose; null takes the choice back. */
export const ChangedLimits = z.strictObject({
  memoryBytes: Limits.shape.memoryBytes.nullable().optional(),
  cpuCores: Limits.shape.cpuCores.nullable().optional(),
  pids: Limits.shape.pids.nullable().optional(),
  openFiles: Limits.shape.openFiles.nullable().optional(),
  diskBytes: Limits.shape.diskBytes.nullable().optional(),
});
export type ChangedLimits = z.infer<typeof ChangedLimits>;
export type LimitChange = { readonly scope: LimitScope; readonly limits: ChangedLimits };

export function changeLimits(choices: LimitChoices, { scope, limits }: LimitChange): LimitChoices {
  const merged = (before: SomeLimits | undefined): SomeLimits => {
    const entries = Object.entries({ ...before, ...limits });
    return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
  };
  if (scope.kind === "app") return { ...choices, app: merged(choices.app) };
  if (scope.kind === "build") return { ...choices, build: merged(choices.build) };
  const { [scope.processType]: before, ...types } = choices.types;
  const after = merged(before);
  if (Object.keys(after).length > 0) types[scope.processType] = after;
  return { ...choices, types };
}

/** What an instance of a process type may use; a process type's own choice goes before the app's. */
export function limitsOf(choices: LimitChoices, processType: string | null): Limits {
  const own = processType === null ? undefined : choices.types[processType];
  return Object.assign({}, instanceLimits, choices.app, own);
}

export function buildLimitsOf(choices: LimitChoices): Limits {
  return Object.assign({}, buildLimits, choices.build);
}
