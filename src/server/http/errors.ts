import { statusOf } from "#api/problem.ts";
import { PlatformError, reportOf, type FieldProblem } from "#domain/errors.ts";

/** An error as HTTP tells it. @see RFC 9457 */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  /** Each field that is not valid. */
  readonly errors?: readonly FieldProblem[];
};

const titles: Readonly<Record<number, string>> = {
  400: "Not valid",
  401: "Sign-in needed",
  403: "Denied",
  404: "Not found",
  409: "Conflict",
  413: "Too large",
  415: "Not JSON",
  429: "Too many attempts",
  500: "Failed",
  502: "Failed elsewhere",
  503: "Busy",
};

/** The problem document of any thrown value; `status` overrules that of the error's kind. */
export function problemOf(error: unknown, status: number = statusOfError(error)): Problem {
  const { code, message, hint } = reportOf(error);
  return {
    type: `urn:berth:error:${code}`,
    title: titles[status] ?? "Failed",
    status,
    code,
    detail: message,
    hint,
    ...(error instanceof PlatformError && error.fields.length > 0 ? { errors: error.fields } : {}),
  };
}

/** Whether an error is a mistake of ours, which is logged with its stack and shows nothing of itself. */
export function isBug(error: unknown): boolean {
  return !(error instanceof PlatformError);
}

function statusOfError(error: unknown): number {
  return error instanceof PlatformError ? statusOf(error.code) : 500;
}
