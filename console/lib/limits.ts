import type { LimitStatusView } from "#api/limits.ts";

type Limits = LimitStatusView["limits"];
export type LimitKey = keyof Limits;

const mebi = 1024 ** 2;

/** Each limit as people type it: its name, its unit, and how many of the API's make one of it. */
export const limitFields: readonly {
  readonly key: LimitKey;
  readonly name: LimitStatusView["chosen"][number];
  readonly label: string;
  readonly size: number;
  readonly step: number;
}[] = [
  { key: "memoryBytes", name: "memory", label: "Memory in MB", size: mebi, step: 1 },
  { key: "cpuCores", name: "cpu", label: "Processor cores", size: 1, step: 0.01 },
  { key: "pids", name: "pids", label: "Processes and threads", size: 1, step: 1 },
  { key: "openFiles", name: "files", label: "Open files", size: 1, step: 1 },
  { key: "diskBytes", name: "disk", label: "Disk in MB", size: mebi, step: 1 },
];

export type TypedLimits = Readonly<Record<LimitKey, string>>;

/** What stands in the fields: what somebody chose; nothing where the default holds. */
export function typedLimits({ limits, chosen }: LimitStatusView): TypedLimits {
  const entries = limitFields.map(({ key, name, size }) => [
    key,
    chosen.includes(name) ? inUnit(limits[key], size) : "",
  ]);
  // The fields are the keys.
  return Object.fromEntries(entries) as TypedLimits;
}

/** What holds for each limit, chosen or not, as it would be typed. */
export function limitInForce({ limits }: LimitStatusView, key: LimitKey): string {
  return inUnit(limits[key], limitFields.find((it) => it.key === key)?.size ?? 1);
}

/** Only what was typed anew; null where a choice was taken away. */
export function changedLimits(
  before: TypedLimits,
  after: TypedLimits,
): Partial<Record<LimitKey, number | null>> {
  const changed = limitFields.filter(({ key }) => before[key] !== after[key]);
  return Object.fromEntries(
    changed.map(({ key, size }) => {
      const text = after[key].trim();
      const value = Number(text) * size;
      return [key, text === "" ? null : key === "cpuCores" ? value : Math.round(value)];
    }),
  );
}

/** What was typed since something was sent, or differently. */
export function withoutLimits(
  typed: Partial<TypedLimits>,
  sent: Partial<TypedLimits>,
): Partial<TypedLimits> {
  const left = limitFields.filter(({ key }) => key in typed && typed[key] !== sent[key]);
  return Object.fromEntries(left.map(({ key }) => [key, typed[key]]));
}

function inUnit(value: number, size: number): string {
  return String(Math.round((value / size) * 100) / 100);
}
