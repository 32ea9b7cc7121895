import type { MetricsView } from "#api/metrics.ts";
import type { Plotted } from "./plot-line.ts";
import { plotUnits } from "./plot-unit.ts";

/** What is plotted of the host. */
export const hostPlots: readonly Plotted[] = [
  { title: "Processor", unit: plotUnits.cores, linesOf: lineOf("host_cpu") },
  { title: "Memory", unit: plotUnits.bytes, linesOf: lineOf("host_memory") },
  { title: "Disk", unit: plotUnits.bytes, linesOf: lineOf("host_disk") },
  { title: "Load", unit: plotUnits.load, linesOf: lineOf("host_load") },
];

function lineOf(name: MetricsView["series"][number]["name"]): Plotted["linesOf"] {
  return ({ series }) =>
    series
      .filter((it) => it.name === name)
      .map(({ values }) => ({ name: "now", values, colour: "--accent" }));
}
