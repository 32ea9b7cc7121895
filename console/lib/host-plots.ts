import type { MetricsView } from "#api/metrics.ts";
import { renderBytes, renderCores, renderCount } from "./format.ts";
import type { Plotted } from "./plot-line.ts";

/** What is plotted of the host. */
export const hostPlots: readonly Plotted[] = [
  { title: "Processor", render: renderCores, linesOf: lineOf("host_cpu") },
  { title: "Memory", render: renderBytes, linesOf: lineOf("host_memory") },
  { title: "Disk", render: renderBytes, linesOf: lineOf("host_disk") },
  { title: "Load", render: renderCount, linesOf: lineOf("host_load") },
];

function lineOf(name: MetricsView["series"][number]["name"]): Plotted["linesOf"] {
  return ({ series }) =>
    series
      .filter((it) => it.name === name)
      .map(({ values }) => ({ name: "now", values, colour: "--accent" }));
}
