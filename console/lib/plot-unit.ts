import { renderBytes, renderCores, renderCount, renderMs, renderRate } from "./format.ts";

/** In what a plot counts: how a value is shown, and between which values lines may stand. */
export type PlotUnit = {
  readonly render: (value: number) => string;
  /** From the smallest that can be told apart in words. */
  readonly increments: readonly number[];
};

const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power);

export const plotUnits = {
  bytes: { render: renderBytes, increments: powersOfTwo },
  bytesPerSecond: { render: (value) => `${renderBytes(value)}/s`, increments: powersOfTwo },
  cores: { render: renderCores, increments: stepsFrom(0.001) },
  count: { render: renderCount, increments: stepsFrom(1) },
  load: { render: renderCount, increments: stepsFrom(0.1) },
  ms: { render: renderMs, increments: stepsFrom(0.1) },
  rate: { render: renderRate, increments: stepsFrom(0.1) },
} as const satisfies Record<string, PlotUnit>;

/** 1, 2, 5, 10, 20, …, times the least. */
function stepsFrom(least: number): number[] {
  return Array.from({ length: 15 }, (_, power) => 10 ** power).flatMap((size) =>
    [1, 2, 5].map((step) => step * size * least),
  );
}
