import { useEffect, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { metricsOverview, readBranchMetrics, readHostMetrics } from "#api/metrics.ts";
import type { BranchTrafficView } from "#api/metrics.ts";
import { useList, useOperation } from "./use-operation.ts";

/** What is measured comes every ten seconds; the one clock by which it is asked for again. */
const everyMs = 10_000;

/** Asks again for what is shown of measurements, as long as somebody looks. */
export function useMetricsClock(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const isMeasured = ({ queryKey: [path] }: { queryKey: readonly unknown[] }) =>
      typeof path === "string" && (path.includes("/metrics") || path.endsWith("/limits"));
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") {
        void queries.invalidateQueries({ predicate: isMeasured });
      }
    }, everyMs);
    return () => clearInterval(timer);
  }, [queries]);
}

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

export function useBranchMetrics(target: string, span: Span) {
  return useOperation(readBranchMetrics, { params: { target }, query: useRange(span) });
}

export function useHostMetrics(span: Span) {
  return useOperation(readHostMetrics, { query: useRange(span) });
}

/** From where on; the end moves with the time, so the beginning is kept only roughly. */
function useRange(span: Span): { from: string; step: number } {
  const { seconds } = spans[span];
  const [openedAt] = useState(() => Date.now());
  const step = Math.max(10, seconds / valuesMax);
  return { from: new Date(openedAt - seconds * 1000).toISOString(), step };
}
