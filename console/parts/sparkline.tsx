import { sparklinePath } from "../lib/sparkline.ts";

type SparklineProps = {
  readonly requests: readonly number[];
  readonly failures: readonly number[];
  /** What it shows, in words. */
  readonly label: string;
};

const width = 120;
const height = 28;

/** The traffic of the last hour, with what failed of it. */
export function Sparkline({ requests, failures, label }: SparklineProps) {
  const max = Math.max(1, ...requests);
  const line = sparklinePath(requests, { width, height, max });
  const hasFailures = failures.some((count) => count > 0);
  return (
    <svg
      className="sparkline"
      viewBox={`0 -2 ${width} ${height + 4}`}
      role="img"
      aria-label={label}
    >
      <path className="sparkline-area" d={`${line}L${width},${height}L0,${height}Z`} />
      <path className="sparkline-line" d={line} />
      {hasFailures && (
        <path className="sparkline-bad" d={sparklinePath(failures, { width, height, max })} />
      )}
    </svg>
  );
}
