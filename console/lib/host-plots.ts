import type { MetricsView } from "#api/metrics.ts";
import { renderBytes, renderCores, renderCount } from "./format.ts";
import type { PlotLine } from "./plot-line.ts";

type Name = MetricsView["series"][number]["name"];

/** A plot of the host, made of one series. */
export const hostPlots: readonly {
  readonly title: string;
  readonly name: Name;
  readonly render: (value: number) => string;
}[] = [
  { title: "Processor", name: "host_cpu", render: renderCores },
  { title: "Memory", name: "host_memory", render: renderBytes },
  { title: "Disk", name: "host_disk", render: renderBytes },
  { title: "Load", name: "host_load", render: renderCount },
];

export function hostLines({ series }: MetricsView, name: Name): PlotLine[] {
  return series
    .filter((it) => it.name === name)
    .map(({ values }) => ({ name: "now", values, colour: "--accent" }));
}
