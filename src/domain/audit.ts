import type { Door } from "./door.ts";

export const auditOutcomes = ["done", "refused", "failed"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

/** Facts about what an operation acts upon; secrets are not among them. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** Something that is so, in words for whoever may read the audit. */
export type Fact = {
  readonly is: string | number | boolean;
  /** Tells apart what is told in the same words: of a config var's value there are no others. */
  readonly mark?: string;
  /** So unless somebody chooses otherwise: that it comes or goes is no change. */
  readonly usual?: boolean;
};
/** Facts by their names. */
export type Known = Readonly<Record<string, Fact>>;

/** A change that somebody made or was refused. Written once, never altered. */
export type AuditEntry = {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly userId: string | null;
  readonly door: Door;
  readonly address: string | null;
  /** Id of the operation, such as `apps.destroy`; those of signing in begin with `sign_in`. */
  readonly operation: string;
  /** What it was done to: `shop@staging`, a team, a person. */
  readonly target: string | null;
  readonly appId: number | null;
  readonly teamId: number | null;
  /** What was given, without secrets. */
  readonly input: Facts;
  /** What was so before and is so after, as far as it differs; a job changes the rest later. */
  readonly before: Facts;
  readonly after: Facts;
  readonly outcome: AuditOutcome;
  /** The error's code when it was refused or failed. */
  readonly code: string | null;
};

/**
 * What an entry says was changed, in words: `limit web memory: 512M → 1G`. Where nothing was changed
 * at once it is what was asked for, `limits.memory=1G`; last come the jobs that do the rest.
 */
export function changesOf(entry: Pick<AuditEntry, "before" | "after" | "input">): string[] {
  const { job, ...input } = entry.input;
  const names = Object.keys(entry.after);
  const changed = names
    .filter((name) => !isJob(name))
    .map((name) => `${name}: ${wordOf(entry.before[name])} → ${wordOf(entry.after[name])}`);
  const asked = Object.entries(input).map(([name, value]) => `${name}=${wordOf(value)}`);
  const own = typeof job === "number" ? [`job ${job}`] : [];
  return [...(changed.length > 0 ? changed : asked), ...names.filter(isJob), ...own];
}

function isJob(name: string): boolean {
  return /^job \d+$/.test(name);
}

function wordOf(value: Facts[string] | undefined): string {
  if (value === null || value === undefined || value === "") return "none";
  // Of a commit as many digits as people read.
  return String(value).replace(/^([0-9a-f]{7})(?:[0-9a-f]{33}|[0-9a-f]{57})$/, "$1");
}
