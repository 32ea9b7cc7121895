import { targetOf } from "#domain/branch.ts";
import {
  metricCatalog,
  metricLevels,
  metricNames,
  type MetricName,
  type SeriesPoints,
} from "#domain/metrics.ts";
import type { EngineContext } from "./context.ts";
import type { AppQuery, BranchTraffic, MetricSeries, Metrics, MetricsQuery } from "./engine.ts";
import type { Meter } from "./meter.ts";
import { branchAt } from "./targets.ts";

const valuesWanted = 120;
const valuesMax = 10_000;
const stepsMs = [
  10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 21_600_000,
] as const;
const usualMs = 3_600_000;

/** What was measured of a branch, or of the host when no target is named. */
export function readMetrics(context: EngineContext, query: MetricsQuery): Metrics {
  const { store, metrics, clock } = context;
  const nowMs = clock.now().getTime();
  const toMs = Math.min(nowMs, query.to?.getTime() ?? nowMs);
  const fromMs = Math.min(toMs, query.from?.getTime() ?? toMs - usualMs);
  const stepMs = stepFor({ fromMs, toMs, nowMs }, query.stepS === null ? 0 : query.stepS * 1000);
  const first = Math.floor(fromMs / stepMs) * stepMs;
  const branchId = query.target === null ? null : branchAt(store, query.target).id;
  const names = (query.names ?? metricNames).filter(
    (name) => (metricCatalog[name].kind === "host") === (branchId === null),
  );
  const kinds = [...new Set(names.map((name) => metricCatalog[name].kind))];
  const span = { fromMs: first, toMs, stepMs };
  const series = metrics
    .read({ kinds, branchId, ...span })
    .filter((it) => !query.process || isOf(it, query.process))
    .flatMap((it) => namesOf(names, it).map((name) => valuesOf(name, it, span)));
  return { from: new Date(first), stepS: stepMs / 1000, series };
}

/** A page of the branches, by target, each with its last hour in few numbers. */
export function overview(
  { store, clock }: EngineContext,
  meter: Meter,
  { after, limit, visible }: Omit<AppQuery, "states">,
): BranchTraffic[] {
  const nowMs = clock.now().getTime();
  const instances = Map.groupBy(store.instances.places(), ({ branchId }) => branchId);
  const branches = store.branches
    .outlines()
    .filter(({ appId }) => visible?.has(appId) ?? true)
    .map((branch) => ({ id: branch.id, target: targetOf(branch) }))
    .filter(({ target }) => after === null || target > after)
    .toSorted((a, b) => (a.target < b.target ? -1 : 1));
  return branches.slice(0, limit).map(({ id, target }) => {
    const uses = (instances.get(id) ?? []).flatMap((it) => meter.uses.get(it.id) ?? []);
    return {
      target,
      ...meter.recent.of(id, nowMs),
      cpuCores: uses.reduce((sum, it) => sum + it.cpuCores, 0),
      memoryBytes: uses.reduce((sum, it) => sum + it.memoryBytes, 0),
    };
  });
}

type Span = { readonly fromMs: number; readonly toMs: number; readonly stepMs: number };

/** As fine as is asked for, as is kept for that time, and as gives a bounded answer. */
function stepFor(
  { fromMs, toMs, nowMs }: { fromMs: number; toMs: number; nowMs: number },
  askedMs: number,
): number {
  const kept = metricLevels.find(({ keptMs }) => nowMs - fromMs <= keptMs) ?? metricLevels.at(-1)!;
  const wanted = askedMs > 0 ? askedMs : (toMs - fromMs) / valuesWanted;
  const finest = Math.max(wanted, kept.stepMs, (toMs - fromMs) / valuesMax);
  const fitting = stepsMs.find((stepMs) => stepMs >= finest && stepMs % kept.stepMs === 0);
  return fitting ?? stepsMs.at(-1)!;
}

function isOf({ series }: SeriesPoints, process: string): boolean {
  if (series.kind === "deploys") return true;
  return series.name === process || series.name.startsWith(`${process}.`);
}

function namesOf(names: readonly MetricName[], { series }: SeriesPoints): MetricName[] {
  return names.filter((name) => metricCatalog[name].kind === series.kind);
}

function valuesOf(name: MetricName, { series, points }: SeriesPoints, span: Span): MetricSeries {
  const { unit, kind, value, zeroWithoutPoint } = metricCatalog[name];
  const seconds = span.stepMs / 1000;
  return {
    name,
    unit,
    processType: kind === "requests" ? series.name : (/^[^.]+/.exec(series.name)?.[0] ?? null),
    instance: kind === "instance" ? series.name : null,
    values: slotsOf(span).map((at) => {
      const point = points.get(at);
      if (!point) return zeroWithoutPoint ? 0 : null;
      return value(point, seconds);
    }),
  };
}

function slotsOf({ fromMs, toMs, stepMs }: Span): number[] {
  return Array.from(
    { length: Math.ceil((toMs - fromMs) / stepMs) },
    (_, index) => fromMs + index * stepMs,
  );
}
