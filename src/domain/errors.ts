import { appErrors } from "./errors/apps.ts";
import { askingErrors } from "./errors/asking.ts";
import { peopleErrors } from "./errors/people.ts";
import { platformErrors } from "./errors/platform.ts";
import { receiverErrors } from "./errors/receivers.ts";
import { workErrors } from "./errors/work.ts";

/** What went wrong, in the one vocabulary that every door translates into its own (status, exit code, message). */
export type ErrorKind = "invalid" | "not_found" | "conflict" | "denied" | "busy" | "failed";

type ErrorSpec = { readonly kind: ErrorKind; readonly message: string; readonly hint: string };

/** By their subjects, as the reference shows them. */
export const errorsBySubject = {
  "What is asked": askingErrors,
  "People, teams and what they may do": peopleErrors,
  "Apps, branches and releases": appErrors,
  "Jobs, builds and instances": workErrors,
  "Drains and notifications": receiverErrors,
  "Berth itself": platformErrors,
} as const satisfies Record<string, Readonly<Record<string, ErrorSpec>>>;

/** Every expected failure. Codes are public: add, never rename. `{name}` is filled from the details. */
export const errorCatalog = {
  ...askingErrors,
  ...peopleErrors,
  ...appErrors,
  ...workErrors,
  ...receiverErrors,
  ...platformErrors,
} as const;

export type ErrorCode = keyof typeof errorCatalog;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** What is wrong with one field of what was asked. */
export type FieldProblem = { readonly field: string; readonly problem: string };

/** An expected failure: a code of the catalogue and the facts of this case. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /** Each field that is not valid, of `invalid_input`. */
  readonly fields: readonly FieldProblem[];

  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    { fields = [], ...options }: ErrorOptions & { readonly fields?: readonly FieldProblem[] } = {},
  ) {
    super(fill(errorCatalog[code].message, details), options);
    this.code = code;
    this.details = details;
    this.fields = fields;
  }

  get kind(): ErrorKind {
    return errorCatalog[this.code].kind;
  }

  get hint(): string {
    return fill(errorCatalog[this.code].hint, this.details);
  }
}

/** A full disk shows itself in many places, and is never a mistake of ours. */
export function withDiskFull(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "SQLITE_FULL") return error;
  return new PlatformError("disk_full", { path }, { cause: error });
}

/** What a door shows of an error: the code, the sentence, and what to do next. */
export type ErrorReport = {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
};

/** The report of any thrown value; what is not a `PlatformError` is a bug and shows nothing of itself. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof PlatformError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: "internal",
    message: "Berth made a mistake of its own.",
    hint: "The log of berthd says more: logs/berthd/current",
  };
}

function fill(template: string, details: ErrorDetails): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(details[name] ?? `{${name}}`),
  );
}
