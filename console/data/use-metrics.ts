import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { metricsOverview, readBranchMetrics, readHostMetrics } from "#api/metrics.ts";
import type { BranchTrafficView, MetricsView } from "#api/metrics.ts";
import { call, type ApiError } from "./client.ts";
import { useList } from "./use-list.ts";

/** The last hour of each branch, by its target. */
export function useTraffic(): ReadonlyMap<string, BranchTrafficView> {
  const overview = useList(metricsOverview, {});
  return new Map((overview.data ?? []).map((it) => [it.target, it]));
}

export const spans = {
  "1h": { name: "the last hour", seconds: 3600 },
  "6h": { name: "6 hours", seconds: 6 * 3600 },
  "1d": { name: "a day", seconds: 86_400 },
  "7d": { name: "a week", seconds: 7 * 86_400 },
  "30d": { name: "30 days", seconds: 30 * 86_400 },
} as const;
export type Span = keyof typeof spans;

export function isSpan(text: string): text is Span {
  return Object.hasOwn(spans, text);
}

const valuesMax = 240;

export function useBranchMetrics(target: string, span: Span): Measured {
  return useMeasured([readBranchMetrics.path, { params: { target } }, span], (query, signal) =>
    call(readBranchMetrics, { params: { target }, query }, signal),
  );
}

export function useHostMetrics(span: Span): Measured {
  return useMeasured([readHostMetrics.path, {}, span], (query, signal) =>
    call(readHostMetrics, { query }, signal),
  );
}

type Measured = UseQueryResult<MetricsView, ApiError>;
type Range = { readonly from: string; readonly step: number };

/** Each time it is asked, the span ends at that moment. */
function useMeasured(
  queryKey: readonly [path: string, input: object, span: Span],
  ask: (range: Range, signal: AbortSignal) => Promise<MetricsView>,
): Measured {
  const { seconds } = spans[queryKey[2]];
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - seconds * 1000).toISOString();
      return ask({ from, step: Math.max(10, seconds / valuesMax) }, signal);
    },
  });
}
