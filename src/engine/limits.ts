import { changeConfig, targetOf } from "#domain/branch.ts";
import type { Job } from "#domain/job.ts";
import {
  buildLimitsOf,
  limitsOf,
  type LimitChange,
  type LimitScope,
} from "#domain/limit-choices.ts";
import { notesOnLimits } from "#domain/limit-notes.ts";
import {
  limitEntries,
  renderLimit,
  type LimitName,
  type Limits,
  type SomeLimits,
} from "#domain/limits.ts";
import { namesOfRunning } from "#domain/process-type.ts";
import { change, refuseUnknownTypes } from "./changes.ts";
import { emit, type EngineContext } from "./context.ts";
import type { JobQueue } from "./jobs.ts";
import type { Use } from "./meter.ts";
import { branchAt, currentIfDeployed, refuseManaged } from "./targets.ts";

type MostUsed = Pick<Use, "cpuCores" | "memoryBytes">;

/** What something may use, and which of it somebody chose. */
export type LimitStatus = {
  readonly scope: LimitScope;
  readonly limits: Limits;
  readonly chosen: readonly LimitName[];
  /** The most that one of its instances uses at the moment; null while none was looked at. */
  readonly used: MostUsed | null;
  /** Sentences on what this machine cannot give. */
  readonly notes: readonly string[];
};

/** The limits of a branch: one for each process type, or of the app while there is none; its builds. */
export async function limitsOfBranch(
  { store, machine, host }: EngineContext,
  uses: ReadonlyMap<number, Use>,
  target: string,
): Promise<LimitStatus[]> {
  const branch = branchAt(store, target);
  const { limits } = branch.config;
  const release = currentIfDeployed(store, branch);
  const types = namesOfRunning(release?.processTypes ?? branch.config.processTypes ?? {});
  const ofApp = types.length === 0 ? [null] : types;
  const ofTypes = ofApp.map((name) => ({
    scope:
      name === null ? ({ kind: "app" } as const) : ({ kind: "type", processType: name } as const),
    limits: limitsOf(limits, name),
    chosen: chosenIn({ ...limits.app, ...(name === null ? {} : limits.types[name]) }),
    used: mostOf(
      store.instances
        .of(branch.id)
        .filter(({ processType }) => processType === name)
        .flatMap(({ id }) => uses.get(id) ?? []),
    ),
  }));
  const build = {
    scope: { kind: "build" } as const,
    limits: buildLimitsOf(limits),
    chosen: chosenIn(limits.build),
    used: null,
  };
  const usage = await machine.usage();
  return [...ofTypes, build].map((it) => ({
    ...it,
    notes: notesOnLimits(
      { ...it, isBuild: it.scope.kind === "build" },
      { ...usage, unlimited: host.unlimited },
    ),
  }));
}

/**
 * Notes other limits. Those of what runs are held at once by a release of them; the next build has
 * its own.
 * @throws {PlatformError} `process_type_not_found`, `managed_by_file`
 */
export function setLimits(
  context: EngineContext,
  queue: JobQueue,
  asked: { target: string; change: LimitChange; actor: string },
): Job | null {
  const { store } = context;
  const branch = branchAt(store, asked.target);
  const { scope } = asked.change;
  refuseManaged(store, branch, `The limits of ${targetOf(branch)}`);
  if (scope.kind === "type") refuseUnknownTypes(store, branch, [scope.processType]);
  const changes = { limits: asked.change };
  const config = changeConfig(branch.config, changes);
  if (JSON.stringify(config.limits) === JSON.stringify(branch.config.limits)) return null;
  const description = describe(asked.change);
  emit(context, "limits.changed", { branch, actor: asked.actor, message: `${description}.` });
  if (scope.kind === "build") {
    store.branches.update(branch.id, { config });
    return null;
  }
  return change(context, queue, { ...asked, changes, description });
}

function mostOf(uses: readonly MostUsed[]): MostUsed | null {
  if (uses.length === 0) return null;
  return {
    cpuCores: Math.max(...uses.map(({ cpuCores }) => cpuCores)),
    memoryBytes: Math.max(...uses.map(({ memoryBytes }) => memoryBytes)),
  };
}

/** `Limit web to memory=1G`, `Take back the limit cpu of builds` */
function describe({ scope, limits }: LimitChange): string {
  const whom =
    scope.kind === "type" ? scope.processType : scope.kind === "build" ? "builds" : "all instances";
  const entries = limitEntries.flatMap(([name, key]) => {
    const value = limits[key];
    return value === undefined ? [] : [{ name, key, value }];
  });
  const set = entries.flatMap(({ name, key, value }) =>
    value === null ? [] : [`${name}=${renderLimit(key, value)}`],
  );
  const unset = entries.flatMap(({ name, value }) => (value === null ? [name] : []));
  const parts = [
    set.length > 0 ? `Limit ${whom} to ${set.join(" ")}` : [],
    unset.length > 0 ? `Take back the limits ${unset.join(", ")} of ${whom}` : [],
  ];
  return parts.flat().join("; ");
}

function chosenIn(choices: SomeLimits): LimitName[] {
  return limitEntries.flatMap(([name, key]) => (choices[key] === undefined ? [] : [name]));
}
