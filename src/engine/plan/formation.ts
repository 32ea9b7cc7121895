import type { BranchMode } from "#domain/branch.ts";
import type { Instance, InstanceSpec } from "#domain/instance.ts";
import type { WantedType } from "./wanted.ts";

/** A branch as it is and as it should be. */
export type Situation = {
  readonly mode: BranchMode;
  /** Wanted by the current release, and by the one being brought up beside it. */
  readonly current: readonly WantedType[];
  readonly candidate: readonly WantedType[];
  readonly instances: readonly Instance[];
  readonly now: Date;
};

/**
 * How long a new instance must serve until the one before it is stopped: a program may accept a
 * connection and crash in the next moment.
 */
export const settledAfterMs = 500;

export type Step =
  | { readonly do: "start"; readonly wanted: WantedType; readonly index: number }
  /** Hold it to other limits while it runs; the spec is what it is from then on. */
  | { readonly do: "limit"; readonly instance: number; readonly spec: InstanceSpec }
  /** Take out of the routes, let its requests end, stop it. */
  | { readonly do: "retire"; readonly instance: number };

/**
 * Steps that turn what runs into what is wanted. Planning again after applying them gives none.
 * An instance of a wanted kind is never retired before as many healthy ones stand beside it, and
 * have for a while.
 */
export function planFormation(situation: Situation): Step[] {
  const wanted = wantedTypes(situation);
  const living = situation.instances.filter((it) => it.drainingAt === null);
  const steps = wanted.flatMap((type) =>
    stepsOf(
      type,
      living.filter((it) => isOf(type, it)),
      situation.now,
    ),
  );
  const unwanted = living.filter((it) => !wanted.some((type) => isOf(type, it)));
  return [...steps, ...unwanted.map((it) => retire(it))];
}

function wantedTypes({ mode, current, candidate }: Situation): WantedType[] {
  if (mode === "stopped") return [];
  const wanted = mode === "held" ? [] : [...current];
  for (const type of candidate) {
    const same = wanted.findIndex(
      (it) => it.specHash === type.specHash && it.processType === type.processType,
    );
    const both = wanted[same];
    if (both) wanted[same] = { ...both, count: Math.max(both.count, type.count) };
    else wanted.push(type);
  }
  return wanted;
}

function stepsOf(wanted: WantedType, mine: readonly Instance[], now: Date): Step[] {
  const staying = mine.filter((it) => it.retiringAt === null).toSorted(byWorth);
  const kept = staying.slice(0, wanted.count);
  const taken = new Set(kept.map((it) => it.index));
  const starts: Step[] = [];
  for (let index = 1; kept.length + starts.length < wanted.count; index += 1) {
    if (!taken.has(index)) starts.push({ do: "start", wanted, index });
  }
  const replaced = kept.length === wanted.count && kept.every((it) => isSettled(it, now));
  const leaving = replaced ? mine.filter((it) => it.retiringAt !== null) : [];
  const limits = kept.flatMap((it): Step[] =>
    isLimitedAs(wanted.spec, it.spec) ? [] : [{ do: "limit", instance: it.id, spec: wanted.spec }],
  );
  return [...starts, ...limits, ...[...staying.slice(wanted.count), ...leaving].map(retire)];
}

function isSettled({ healthyAt }: Instance, now: Date): boolean {
  return healthyAt !== null && now.getTime() - healthyAt.getTime() >= settledAfterMs;
}

function isLimitedAs({ limits: wanted }: InstanceSpec, { limits: has }: InstanceSpec): boolean {
  return (
    wanted.memoryBytes === has.memoryBytes &&
    wanted.cpuCores === has.cpuCores &&
    wanted.pids === has.pids
  );
}

/** Healthy ones before others, then those with the lower number. */
function byWorth(a: Instance, b: Instance): number {
  const health = Number(b.healthyAt !== null) - Number(a.healthyAt !== null);
  return health || a.index - b.index || a.id - b.id;
}

function isOf(wanted: WantedType, instance: Instance): boolean {
  return instance.specHash === wanted.specHash && instance.processType === wanted.processType;
}

function retire(instance: Instance): Step {
  return { do: "retire", instance: instance.id };
}
