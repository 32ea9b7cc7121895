import { useAddressValue } from "../data/location.ts";
import { isSpan, useBranchMetrics, type Span } from "../data/use-metrics.ts";
import { branchPlots } from "../lib/branch-plots.ts";
import type { Plotted } from "../lib/plot-line.ts";
import { ErrorNote } from "../parts/note.tsx";
import { PlotPanels } from "../parts/plot-panels.tsx";
import { SpanChoice } from "../parts/span-choice.tsx";
import { AppFrame } from "./app-frame.tsx";

export function AppMetricsPage({ target }: { target: string }) {
  const [chosen] = useAddressValue("span");
  const span = isSpan(chosen) ? chosen : "1h";
  return (
    <AppFrame target={target}>
      {() => (
        <>
          <div className="filters filters-end">
            <SpanChoice />
          </div>
          <BranchMetrics target={target} span={span} plots={branchPlots} />
        </>
      )}
    </AppFrame>
  );
}

type BranchMetricsProps = {
  readonly target: string;
  readonly span: Span;
  readonly plots: readonly Plotted[];
};

/** What was measured of a branch, plotted. */
export function BranchMetrics({ target, span, plots }: BranchMetricsProps) {
  const metrics = useBranchMetrics(target, span);
  if (metrics.error) return <ErrorNote error={metrics.error} />;
  return <PlotPanels plots={plots} metrics={metrics.data} />;
}
