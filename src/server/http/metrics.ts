import { metricsOverview, readBranchMetrics, readHostMetrics } from "#api/metrics.ts";
import type { MetricsQuery } from "#engine/engine.ts";
import { handle, type Handler } from "./handle.ts";

export const metricsHandlers: readonly Handler[] = [
  handle(readBranchMetrics, ({ params, query }, engine) =>
    engine.metrics({ ...rangeOf(query), ...params, process: query.process ?? null }),
  ),
  handle(readHostMetrics, ({ query }, engine) =>
    engine.metrics({ ...rangeOf(query), target: null, process: null }),
  ),
  handle(metricsOverview, (_call, engine) => engine.overview()),
];

type Range = {
  readonly names?: MetricsQuery["names"] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly step?: number | undefined;
};

function rangeOf({ names, from, to, step }: Range) {
  return { names: names ?? null, from: momentOf(from), to: momentOf(to), stepS: step ?? null };
}

function momentOf(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}
