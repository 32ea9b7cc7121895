import type { MetricsView } from "#api/metrics.ts";
import type { Plotted } from "../lib/plot-line.ts";
import { Panel } from "./panel.tsx";
import { Plot } from "./plot.tsx";

/** Plots, each in a panel of its own, whose place is kept until there is something to plot. */
export function PlotPanels({ plots, metrics }: PlotPanelsProps) {
  return (
    <div className="columns">
      {plots.map((plot) => (
        <Panel key={plot.title} title={plot.title}>
          {metrics ? <Measured plot={plot} metrics={metrics} /> : <Place />}
        </Panel>
      ))}
    </div>
  );
}

type PlotPanelsProps = {
  readonly plots: readonly Plotted[];
  readonly metrics: MetricsView | undefined;
};

function Measured({ plot, metrics }: { plot: Plotted; metrics: MetricsView }) {
  const { title, unit, linesOf } = plot;
  const fromS = Date.parse(metrics.from) / 1000;
  return (
    <Plot title={title} fromS={fromS} stepS={metrics.stepS} unit={unit} lines={linesOf(metrics)} />
  );
}

function Place() {
  return (
    <div className="plot" aria-busy="true">
      <div className="plot-head" />
      <div className="plot-place" />
    </div>
  );
}
