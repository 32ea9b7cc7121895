import { PlatformError, reportOf, type ErrorCode, type ErrorKind } from "#domain/errors.ts";

/** An error as HTTP tells it. @see RFC 9457 */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
};

const statusOfKind = {
  invalid: 400,
  not_found: 404,
  conflict: 409,
  denied: 403,
  busy: 503,
  failed: 500,
} as const satisfies Record<ErrorKind, number>;

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
  503: "Busy",
};

/** The problem document of any thrown value; `status` overrules that of the error's kind. */
export function problemOf(error: unknown, status: number = statusOf(error)): Problem {
  const { code, message, hint } = reportOf(error);
  return {
    type: `urn:berth:error:${code}`,
    title: titles[status] ?? "Failed",
    status,
    code,
    detail: message,
    hint,
  };
}

/** Whether an error is a mistake of ours, which is logged with its stack and shows nothing of itself. */
export function isBug(error: unknown): boolean {
  return !(error instanceof PlatformError);
}

/** Where HTTP has a status of its own for what is meant. */
const statusOfCode: Partial<Record<ErrorCode, number>> = {
  sign_in_needed: 401,
  link_not_valid: 401,
  too_many_attempts: 429,
};

function statusOf(error: unknown): number {
  if (!(error instanceof PlatformError)) return 500;
  return statusOfCode[error.code] ?? statusOfKind[error.kind];
}
