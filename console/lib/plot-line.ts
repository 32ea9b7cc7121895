import type { MetricsView } from "#api/metrics.ts";
import type { PlotUnit } from "./plot-unit.ts";

/** One line of a plot. */
export type PlotLine = {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** A custom property that holds its colour, such as `--good`. */
  readonly colour: string;
};

/** A plot: what it shows, and where that is among what was measured. */
export type Plotted = {
  readonly title: string;
  readonly unit: PlotUnit;
  readonly linesOf: (metrics: MetricsView) => readonly PlotLine[];
};
