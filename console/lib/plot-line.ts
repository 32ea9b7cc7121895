/** One line of a plot. */
export type PlotLine = {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** A custom property that holds its colour, such as `--good`. */
  readonly colour: string;
};
