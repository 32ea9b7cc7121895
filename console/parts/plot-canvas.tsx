import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { coloursAt } from "../data/scheme.ts";
import type { PlotProps } from "./plot.tsx";

const height = 150;

/** Draws a plot; apart, as its library is loaded only where there is one. */
export function PlotCanvas({ title, fromS, stepS, lines, render }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<UPlot | null>(null);
  const names = lines.map(({ name, colour }) => `${name} ${colour}`).join();
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const look = lookOf(element, names, render);
    const plot = new UPlot({ ...look, width: element.clientWidth, height }, [[]], element);
    drawn.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      drawn.current = null;
    };
  }, [names, render]);
  useEffect(() => {
    const count = Math.max(0, ...lines.map(({ values }) => values.length));
    const times = Array.from({ length: count }, (_, index) => fromS + index * stepS);
    drawn.current?.setData([times, ...lines.map(({ values }) => [...values])]);
  }, [lines, fromS, stepS]);
  return <div ref={place} role="img" aria-label={`Plot: ${title}`} />;
}

function lookOf(element: HTMLElement, names: string, render: (value: number) => string) {
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
    points: { show: false },
  }));
  return {
    legend: { show: false },
    cursor: { points: { size: 6 }, y: false },
    scales: { y: { range: (_: UPlot, __: number, max: number) => rangeOf(max) } },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, size: 62, values: (_: UPlot, ticks: number[]) => ticks.map(render) },
    ],
    series: [{}, ...series],
  } satisfies Omit<UPlot.Options, "width" | "height">;
}

function rangeOf(max: number): [number, number] {
  return [0, max > 0 ? max * 1.1 : 1];
}
