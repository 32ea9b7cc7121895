import { metricsOverview, readBranchMetrics, readHostMetrics } from "#api/metrics.ts";
import { parseTarget } from "#domain/app.ts";
import type { MetricsQuery } from "#engine/engine.ts";
import { visibleNames } from "./admit.ts";
import { handle, type Handler } from "./handle.ts";

export const metricsHandlers: readonly Handler[] = [
  handle(readBranchMetrics, ({ params, query }, engine) =>
    engine.metrics({ ...rangeOf(query), ...params, process: query.process ?? null }),
  ),
  handle(readHostMetrics, ({ query }, engine) =>
    engine.metrics({ ...rangeOf(query), target: null, process: null }),
  ),
  handle(metricsOverview, async ({ visible }, engine) => {
    const apps = visibleNames(engine.people, visible);
    const all = await engine.overview();
    return all.filter(({ target }) => apps === null || apps.has(parseTarget(target).app));
  }),
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
