import { metricsOverview, readBranchMetrics, readHostMetrics } from "#api/metrics.ts";
import type { MetricsQuery } from "#engine/engine.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { cutOff } from "./page.ts";

export const metricsHandlers: readonly Handler[] = [
  handle(readBranchMetrics, ({ params, query }, engine) =>
    engine.metrics({ ...rangeOf(query), ...params, process: query.process ?? null }),
  ),
  handle(readHostMetrics, ({ query }, engine) =>
    engine.metrics({ ...rangeOf(query), target: null, process: null }),
  ),
  handleList(metricsOverview, async ({ query: { after = null, limit }, visible }, engine) =>
    cutOff(
      await engine.overview({ after, limit: limit + 1, visible }),
      limit,
      ({ target }) => target,
    ),
  ),
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
