import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Caller } from "#domain/caller.ts";
import { doors } from "#domain/door.ts";
import { PlatformError } from "#domain/errors.ts";
import { machineCaller, tokenPrefix } from "#engine/people/callers.ts";
import type { People } from "#engine/people/people.ts";

/** Where a request comes in: by the socket, which only Berth's account can open, or by TCP. */
export type Listener = "socket" | "tcp";

/** Where the API describes itself. */
export const documentPath = "/api/openapi.json";

/** What is answered to anybody. */
export const openPaths: ReadonlySet<string> = new Set([
  "/",
  "/health",
  "/api/v1/version",
  documentPath,
]);

/** Whether two tokens are the same, in a time that does not depend on where they differ. */
export function sameToken(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

/** The token of an `Authorization: Bearer` header; null when there is none. */
export function bearerOf(header: string | undefined): string | null {
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? "")?.[1] ?? null;
}

/** What a program in Berth's account says of whom it asks for; it is trusted, having come so far. */
const Introduction = z.object({
  "x-berth-actor": z
    .string()
    .regex(/^[\x20-\x7e]{1,200}$/, "use up to 200 printable characters")
    .default("local"),
  /** Number of the SSH key that let them in; whoever comes without one administers the machine. */
  "x-berth-key": z
    .string()
    .regex(/^\d{1,15}$/, "give the number of a key")
    .optional(),
  "x-berth-door": z.enum(doors).default("cli"),
  "x-berth-address": z.string().max(100).optional(),
});

/**
 * Who asks through the socket.
 * @throws {PlatformError} `invalid_input` when the name could not be shown in one line,
 *   `not_permitted` when the key is none any more.
 */
export function socketCaller(headers: IncomingHttpHeaders, people: People): Caller {
  const parsed = Introduction.safeParse(headers);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PlatformError("invalid_input", {
      field: String(issue?.path[0] ?? "The request"),
      problem: issue?.message ?? "it is not understood",
    });
  }
  const given = parsed.data;
  const via = { door: given["x-berth-door"], address: given["x-berth-address"] ?? null };
  const key = given["x-berth-key"];
  return key === undefined
    ? machineCaller(given["x-berth-actor"], via)
    : people.keyCaller(Number(key), via);
}

/**
 * Who asks with a token. A wrong one is slowed down; a right one never is, as others may share its
 * address.
 * @throws {PlatformError} `sign_in_needed`, `too_many_attempts`
 */
export function tokenBearer(
  token: string,
  address: string,
  given: {
    readonly people: People;
    /** Whether it is the machine's own token. */
    readonly tokenOk: (token: string) => boolean;
  },
): Caller {
  const via = { door: "api", address } as const;
  const caller = token.startsWith(tokenPrefix)
    ? given.people.tokenCaller(token, via)
    : given.tokenOk(token)
      ? machineCaller("token", via)
      : null;
  if (caller) return caller;
  given.people.attempts.check(address);
  given.people.attempts.failed(address);
  throw new PlatformError("sign_in_needed", { problem: ": the token is not valid" });
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
