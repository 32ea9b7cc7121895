import { z } from "zod";
import { PlatformError } from "./errors.ts";

const kibi = 1024;
const mebi = kibi ** 2;
const gibi = kibi ** 3;
const tebi = kibi ** 4;

/** What one instance, or one build, may use of the machine. */
export const Limits = z.strictObject({
  memoryBytes: z
    .int()
    .min(16 * mebi)
    .max(64 * tebi)
    .describe("Memory in bytes, with what it writes to /tmp and home; there is no swap beyond it."),
  cpuCores: z
    .number()
    .min(0.01)
    .max(1024)
    .describe("Cores of the machine's processor; 0.5 is half of one."),
  pids: z.int().min(8).max(1_000_000).describe("Processes and threads together."),
  openFiles: z.int().min(32).max(1_000_000).describe("Files and connections that a process opens."),
  diskBytes: z
    .int()
    .min(mebi)
    .max(64 * tebi)
    .describe("Bytes in /tmp, and as many in home; for a build, in all that it writes."),
});
export type Limits = z.infer<typeof Limits>;

/** Limits that somebody chose; what is left out has its default. */
export const SomeLimits = Limits.partial();
export type SomeLimits = z.infer<typeof SomeLimits>;

/** How people write each limit: `memory=512M`. */
export const limitNames = {
  memory: "memoryBytes",
  cpu: "cpuCores",
  pids: "pids",
  files: "openFiles",
  disk: "diskBytes",
} as const satisfies Record<string, keyof Limits>;
export type LimitName = keyof typeof limitNames;
// The names are the keys of the table, as its type says.
export const limitEntries = Object.entries(limitNames) as [LimitName, keyof Limits][];

/** What holds for an instance, a release command and a one-off command unless an app asks for more. */
export const instanceLimits: Limits = {
  memoryBytes: 512 * mebi,
  cpuCores: 1,
  pids: 256,
  openFiles: 8192,
  diskBytes: 256 * mebi,
};

/** A build is short, runs compilers and package managers, and may take what is free. */
export const buildLimits: Limits = {
  memoryBytes: 2 * gibi,
  cpuCores: 2,
  pids: 1024,
  openFiles: 8192,
  diskBytes: 4 * gibi,
};

/** Parses `memory=512M cpu=0.5`. @throws {PlatformError} `limit_invalid` */
export function parseLimits(words: readonly string[]): SomeLimits {
  return Object.assign({}, ...words.map(parseWord));
}

/** Parses one limit by the name that people use. @throws {PlatformError} `limit_invalid` */
export function parseLimit(name: string, value: string): SomeLimits {
  const key = keyOf(name);
  const number = key.endsWith("Bytes") ? parseSize(value) : parseNumber(value);
  const refuse = (problem: string) =>
    new PlatformError("limit_invalid", { limit: `${name}=${value}`, problem });
  if (number === null) throw refuse(`write it as ${exampleOf(key)}`);
  const parsed = Limits.shape[key].safeParse(number);
  if (parsed.success) return { [key]: parsed.data };
  const { minValue, maxValue } = Limits.shape[key];
  if (number >= (minValue ?? 0) && number <= (maxValue ?? Infinity))
    throw refuse("it must be a whole number");
  throw refuse(
    `it must be from ${renderLimit(key, minValue ?? 0)} to ${renderLimit(key, maxValue ?? 0)}`,
  );
}

/** The field that a name stands for. @throws {PlatformError} `limit_invalid` */
export function keyOf(name: string): keyof Limits {
  if (Object.hasOwn(limitNames, name)) {
    return limitNames[name as LimitName]; // it is one of its own names, as just asked
  }
  const problem = `the limits are ${Object.keys(limitNames).join(", ")}`;
  throw new PlatformError("limit_invalid", { limit: name, problem });
}

/** A limit's value as people write it: `512M`, `0.5`. */
export function renderLimit(key: keyof Limits, value: number): string {
  return key.endsWith("Bytes") ? renderSize(value) : String(value);
}

/** Bytes in the largest unit that loses nothing, or with one decimal: `512M`, `1.4G`. */
export function renderSize(bytes: number): string {
  const units = [
    ["T", tebi],
    ["G", gibi],
    ["M", mebi],
    ["K", kibi],
  ] as const;
  const [unit, size] = units.find(([, each]) => bytes >= each) ?? ["", 1];
  const exact = units.find(([, each]) => bytes >= each && bytes % each === 0);
  if (exact && bytes / exact[1] < 10_000) return `${bytes / exact[1]}${exact[0]}`;
  return `${Math.round((bytes / size) * 10) / 10}${unit}`;
}

function parseWord(word: string): SomeLimits {
  const [, name, value] = /^([a-z]+)=(.*)$/s.exec(word) ?? [];
  if (name !== undefined && value !== undefined) return parseLimit(name, value);
  throw new PlatformError("limit_invalid", { limit: word, problem: "write it as memory=512M" });
}

/** `512M`, `512MB`, `2GiB`, `1.5g`, or bytes; a K is 1024 bytes. */
function parseSize(text: string): number | null {
  const [, digits, unit = ""] =
    /^(\d{1,15}(?:\.\d{1,6})?)(?:([kmgt])(?:i?b)?|b)?$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const factor = { "": 1, k: kibi, m: mebi, g: gibi, t: tebi }[unit.toLowerCase()];
  return factor === undefined ? null : Math.round(Number(digits) * factor);
}

function parseNumber(text: string): number | null {
  return /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

function exampleOf(key: keyof Limits): string {
  if (key.endsWith("Bytes")) return "512M or 2G";
  return key === "cpuCores" ? "1 or 0.5" : "200";
}
