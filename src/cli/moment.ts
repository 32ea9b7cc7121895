import { PlatformError } from "#domain/errors.ts";
import { machineClock } from "#lib/clock.ts";

/** `2026-05-01 12:00:00Z`: a moment for people, in UTC whatever the machine's zone. */
export function moment(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d+Z$/, "$1 $2Z");
}

/** `2026-05-01 12:00:00.123Z`: a line's moment, which is kept to the nanosecond. */
export function lineMoment(at: string): string {
  return at.replace(/(\.\d{3})\d*$/, "$1Z");
}

/** A moment as it is, or one that lies so far back: `6h`. */
export function momentOrSince(text: string): string {
  return span.test(text) ? sinceOf(text) : text;
}

/** The moment that lies `90s`, `30m`, `6h` or `7d` back. @throws {PlatformError} `invalid_input` */
export function sinceOf(span: string): string {
  return new Date(machineClock.now().getTime() - parseSpanMs(span)).toISOString();
}

const span = /^(\d{1,6})([smhd])$/;
const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function parseSpanMs(text: string): number {
  const [, count, unit] = span.exec(text) ?? [];
  // The expression allows these letters only.
  if (count && unit) return Number(count) * unitMs[unit as keyof typeof unitMs];
  const problem = `${JSON.stringify(text.slice(0, 20))}: write a number and s, m, h or d, as in 30m`;
  throw new PlatformError("invalid_input", { field: "--since", problem });
}
