import type { MetricsView } from "#api/metrics.ts";
import type { PlotLine, Plotted } from "./plot-line.ts";
import { plotUnits } from "./plot-unit.ts";

type Series = MetricsView["series"][number];

/** What is plotted of a branch. */
export const branchPlots: readonly Plotted[] = [
  {
    title: "Requests",
    unit: plotUnits.rate,
    linesOf: (metrics) => [
      ...summed(metrics, "responses_2xx", "answered", "--good"),
      ...summed(metrics, "responses_3xx", "redirected", "--ansi-blue"),
      ...summed(metrics, "responses_4xx", "refused", "--busy"),
      ...summed(metrics, "responses_5xx", "failed", "--bad"),
    ],
  },
  {
    title: "Time to answer",
    unit: plotUnits.ms,
    linesOf: (metrics) => [
      ...highest(metrics, "latency_p50", "half within", "--good"),
      ...highest(metrics, "latency_p90", "90 % within", "--busy"),
      ...highest(metrics, "latency_p99", "99 % within", "--bad"),
    ],
  },
  { title: "Memory", unit: plotUnits.bytes, linesOf: (metrics) => each(metrics, "memory") },
  { title: "Processor", unit: plotUnits.cores, linesOf: (metrics) => each(metrics, "cpu") },
  {
    title: "Sent to visitors",
    unit: plotUnits.bytesPerSecond,
    linesOf: (metrics) => summed(metrics, "bytes", "bytes", "--accent"),
  },
  {
    title: "Time of deploys",
    unit: plotUnits.ms,
    linesOf: (metrics) => highest(metrics, "deploy_time", "on average", "--accent"),
  },
  { title: "Printed", unit: plotUnits.bytes, linesOf: (metrics) => each(metrics, "disk") },
  { title: "Restarts", unit: plotUnits.count, linesOf: (metrics) => each(metrics, "restarts") },
];

const shades = [
  "--ansi-cyan",
  "--ansi-magenta",
  "--ansi-yellow",
  "--ansi-green",
  "--ansi-blue",
  "--ansi-red",
];

/** A line for each instance. */
function each({ series }: MetricsView, name: Series["name"]): PlotLine[] {
  return series
    .filter((it) => it.name === name)
    .map(({ instance, processType, values }, index) => ({
      name: instance ?? processType ?? "all",
      values,
      colour: shades[index % shades.length] ?? "--accent",
    }));
}

/** One line that is the sum over process types; none when there is nothing of it at all. */
function summed(metrics: MetricsView, of: Series["name"], name: string, colour: string) {
  return merged(metrics, { of, name, colour }, (a, b) => a + b);
}

function highest(metrics: MetricsView, of: Series["name"], name: string, colour: string) {
  return merged(metrics, { of, name, colour }, Math.max);
}

function merged(
  { series }: MetricsView,
  line: { readonly of: Series["name"]; readonly name: string; readonly colour: string },
  merge: (a: number, b: number) => number,
): PlotLine[] {
  const found = series.filter((it) => it.name === line.of);
  const [first] = found;
  if (!first) return [];
  const values = first.values.map((_, index) =>
    found
      .map((it) => it.values[index] ?? null)
      .reduce((a, b) => (a === null || b === null ? (a ?? b) : merge(a, b))),
  );
  return [{ name: line.name, colour: line.colour, values }];
}
