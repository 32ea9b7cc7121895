import { errorCatalog, type ErrorCode, type ErrorKind } from "#domain/errors.ts";

const statusOfKind = {
  invalid: 400,
  not_found: 404,
  conflict: 409,
  denied: 403,
  busy: 503,
  failed: 500,
} as const satisfies Record<ErrorKind, number>;

/** Where HTTP has a status of its own for what is meant. */
const statusOfCode: Partial<Record<ErrorCode, number>> = {
  sign_in_needed: 401,
  link_not_valid: 401,
  too_many_attempts: 429,
  notification_failed: 502,
};

/** The status of an answer that tells of this failure. */
export function statusOf(code: ErrorCode): number {
  return statusOfCode[code] ?? statusOfKind[errorCatalog[code].kind];
}
