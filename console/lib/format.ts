const steps = [
  { unit: "GB", size: 1024 ** 3 },
  { unit: "MB", size: 1024 ** 2 },
  { unit: "kB", size: 1024 },
] as const;

/** `1.5 GB`, `230 MB`, `12 kB`. */
export function renderBytes(bytes: number): string {
  const step = steps.find(({ size }) => bytes >= size);
  if (!step) return `${Math.round(bytes)} B`;
  const value = bytes / step.size;
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${step.unit}`;
}

/** `0.4 s`, `12 s`, `2 min 5 s`, `3 h 10 min`, `4 d 2 h`. */
export function renderDuration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago, as people say it: `just now`, `5 min ago`, `yesterday`, else the day. */
export function renderAgo(moment: Date, now: Date): string {
  const seconds = (now.getTime() - moment.getTime()) / 1000;
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return renderDay(moment);
}

/** `3 Nov 2026`. */
export function renderDay(moment: Date): string {
  return moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** `14:03`, or `3 Nov` where days are counted: below a plot. */
export function renderTick(moment: Date, isLong: boolean): string {
  return isLong
    ? moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" })
    : moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** `14:03:07`, in the time of whoever looks. */
export function renderClock(moment: Date): string {
  return moment.toLocaleTimeString("en-GB", { hour12: false });
}

/** The moment of a line of a log, which is written in UTC: `2026-05-01 12:00:00.123456789`. */
export function momentOfLog(at: string): Date {
  return new Date(`${at.slice(0, 23).replace(" ", "T")}Z`);
}

/** `1.2k`, `34k`, `1.5M`: short enough for a table. */
export function renderCount(count: number): string {
  if (count < 10 && !Number.isInteger(count)) return count.toFixed(1);
  if (count < 1000) return String(Math.round(count));
  const [value, unit] = count < 1_000_000 ? [count / 1000, "k"] : [count / 1_000_000, "M"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${unit}`;
}

/** `0.3/s`, `12/s`. */
export function renderRate(perSecond: number): string {
  return `${renderCount(perSecond)}/s`;
}

/** `4 ms`, `1.2 s`: for times that are mostly short. */
export function renderMs(ms: number): string {
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : renderDuration(ms);
}

/** Processor time as a share of one core: `25 %`, `180 %`. */
export function renderCores(cores: number): string {
  return `${(cores * 100).toFixed(cores < 0.1 ? 1 : 0)} %`;
}

/** `one release`, `3 releases`. */
export function renderNumberOf(count: number, noun: string): string {
  return count === 1 ? `one ${noun}` : `${count} ${noun}s`;
}
