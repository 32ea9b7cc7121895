/** `2026-05-01T12:00:00.123456Z` for `2026-05-01 12:00:00.123456789`, as finely as RFC 3339 readers take it. */
export function isoOf(at: string): string {
  return `${at.slice(0, 10)}T${at.slice(11, 26)}Z`;
}

/** Nanoseconds since 1970, as text: no number in JSON holds so many digits. */
export function nanosecondsOf(at: string): string {
  const seconds = Date.parse(`${at.slice(0, 10)}T${at.slice(11, 19)}Z`) / 1000;
  return `${seconds}${at.slice(20, 29).padEnd(9, "0")}`;
}
