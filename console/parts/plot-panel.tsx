import type { MetricsView } from "#api/metrics.ts";
import type { PlotLine } from "../lib/plot-line.ts";
import { Panel } from "./panel.tsx";
import { Plot } from "./plot.tsx";

type PlotPanelProps = {
  readonly title: string;
  readonly metrics: MetricsView;
  readonly lines: readonly PlotLine[];
  readonly render: (value: number) => string;
};

/** A plot in a panel of its own. */
export function PlotPanel({ title, metrics, lines, render }: PlotPanelProps) {
  const fromS = Date.parse(metrics.from) / 1000;
  return (
    <Panel title={title}>
      <Plot title={title} fromS={fromS} stepS={metrics.stepS} render={render} lines={lines} />
    </Panel>
  );
}
