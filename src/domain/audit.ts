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
