import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { coloursAt } from "../data/scheme.ts";
import { renderTick } from "../lib/format.ts";
import type { PlotUnit } from "../lib/plot-unit.ts";
import type { PlotProps } from "./plot.tsx";

const height = 150;
const daySeconds = 86_400;

/** Draws a plot; apart, as its library is loaded only where there is one. */
export function PlotCanvas({ title, fromS, stepS, lines, unit }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<UPlot | null>(null);
  const names = lines.map(({ name, colour }) => `${name} ${colour}`).join();
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const look = lookOf(element, names, unit);
    const plot = new UPlot({ ...look, width: element.clientWidth, height }, [[]], element);
    drawn.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      drawn.current = null;
    };
  }, [names, unit]);
  useEffect(() => {
    const count = Math.max(0, ...lines.map(({ values }) => values.length));
    const times = Array.from({ length: count }, (_, index) => fromS + index * stepS);
    drawn.current?.setData([times, ...lines.map(({ values }) => [...values])]);
  }, [lines, fromS, stepS]);
  return <div ref={place} role="img" aria-label={`Plot: ${title}`} />;
}

function lookOf(element: HTMLElement, names: string, { render, increments }: PlotUnit) {
  const { ink, line } = coloursAt(element, { ink: "--ink-soft", line: "--line" });
  const axis = {
    stroke: ink,
    font: "11px system-ui",
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  const series = names.split(",").map((it) => ({
    stroke: coloursAt(element, { own: it.split(" ").at(-1) ?? "" }).own,
    width: 1.5,
    points: { show: false, size: 4, filter: lonelyPoints },
  }));
  return {
    legend: { show: false },
    cursor: { points: { size: 6 }, y: false },
    padding: [6, 6, 0, 0] as [number, number, number, number],
    scales: { y: { range: (_: UPlot, __: number, max: number) => rangeOf(max, increments[0]) } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 64, values: renderTimes },
      {
        ...axis,
        size: 62,
        incrs: [...increments],
        values: (_: UPlot, ticks: number[]) => ticks.map(render),
      },
    ],
    series: [{}, ...series],
  } satisfies Omit<UPlot.Options, "width" | "height">;
}

/** Times as the clock shows them; over more than a day the days. */
function renderTimes(plot: UPlot, ticksS: number[]): string[] {
  const { min = 0, max = 0 } = plot.scales["x"] ?? {};
  const isLong = max - min > 3 * daySeconds;
  return ticksS.map((tickS) => renderTick(new Date(tickS * 1000), isLong));
}

/** A value without neighbours is no line; it is drawn as a point. */
function lonelyPoints(plot: UPlot, index: number): number[] {
  const values = plot.data[index] ?? [];
  return [...values.keys()].filter(
    (at) => values[at] != null && values[at - 1] == null && values[at + 1] == null,
  );
}

/** Up to what can be told apart from nothing, at least. */
function rangeOf(max: number, least = 1): [number, number] {
  return [0, Math.max(max * 1.1, least)];
}
