import { lazy, Suspense } from "react";
import { useColours } from "../data/scheme.ts";
import type { PlotLine } from "../lib/plot-line.ts";
import type { PlotUnit } from "../lib/plot-unit.ts";

export type PlotProps = {
  readonly title: string;
  readonly fromS: number;
  readonly stepS: number;
  readonly lines: readonly PlotLine[];
  readonly unit: PlotUnit;
};

// The library comes with the first plot, not with the first page.
const Canvas = lazy(async () => ({ default: (await import("./plot-canvas.tsx")).PlotCanvas }));

/** What was measured over time. The newest values stand beside it as text. */
export function Plot(props: PlotProps) {
  const { title, lines, unit } = props;
  const colours = useColours();
  return (
    <figure className="plot">
      <figcaption className="plot-head">
        <span className="plot-title">{title}</span>
        <ul className="plot-legend">
          {lines.map(({ name, values, colour }) => (
            <li key={name}>
              <svg viewBox="0 0 10 10" aria-hidden="true" className="plot-swatch">
                <rect width="10" height="10" rx="3" style={{ fill: `var(${colour})` }} />
              </svg>
              {name} <span className="figure plot-value">{lastOf(values, unit)}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <div className="plot-place">
        {lines.some(({ values }) => values.some((it) => it !== null)) ? (
          <Suspense>
            <Canvas key={colours} {...props} />
          </Suspense>
        ) : (
          <p className="plot-empty">Nothing was measured in this time.</p>
        )}
      </div>
    </figure>
  );
}

function lastOf(values: readonly (number | null)[], { render }: PlotUnit): string {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? "–" : render(last);
}
