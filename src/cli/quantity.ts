import type { MetricUnit } from "#domain/metrics.ts";

/** A measured value as people read it: `12.4 MB`, `0.25 cores`, `310 ms`. */
export function quantity(value: number | null, unit: MetricUnit): string {
  if (value === null) return "-";
  if (unit === "bytes") return bytes(value);
  if (unit === "bytes/s") return `${bytes(value)}/s`;
  if (unit === "ms") return value >= 10_000 ? `${rounded(value / 1000)} s` : `${rounded(value)} ms`;
  if (unit === "1/s") return `${rounded(value)}/s`;
  return unit === "cores" ? `${value.toFixed(2)} cores` : rounded(value);
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${rounded(value / 1000 ** power)} ${units[power]}`;
}

function rounded(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}
