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

/** What was typed, as it is sent; null where a choice was taken away. */
export function limitsToSend(
  typed: Partial<TypedLimits>,
): Partial<Record<LimitKey, number | null>> {
  const entries = limitFields.flatMap(({ key, size }) => {
    const text = typed[key]?.trim();
    if (text === undefined) return [];
    const value = Number(text) * size;
    return [[key, text === "" ? null : key === "cpuCores" ? value : Math.round(value)] as const];
  });
  return Object.fromEntries(entries);
}

function inUnit(value: number, size: number): string {
  return String(Math.round((value / size) * 100) / 100);
}
