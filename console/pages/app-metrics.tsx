import { useAddressValue } from "../data/location.ts";
import { isSpan, useBranchMetrics, type Span } from "../data/use-metrics.ts";
import { branchPlots, type BranchPlot } from "../lib/branch-plots.ts";
import { Answer } from "../parts/answer.tsx";
import { PlotPanel } from "../parts/plot-panel.tsx";
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
  readonly plots: readonly BranchPlot[];
};

/** What was measured of a branch, plotted. */
export function BranchMetrics({ target, span, plots }: BranchMetricsProps) {
  const metrics = useBranchMetrics(target, span);
  return (
    <Answer of={metrics} rows={5}>
      {(answer) => (
        <div className="columns">
          {plots.map(({ title, render, linesOf }) => (
            <PlotPanel
              key={title}
              title={title}
              metrics={answer}
              lines={linesOf(answer)}
              render={render}
            />
          ))}
        </div>
      )}
    </Answer>
  );
}
