import { createHash, timingSafeEqual } from "node:crypto";
import { PlatformError } from "#domain/errors.ts";

/** How a request may come in: by the socket, which only Berth's account can open, or with a token. */
export type Door = "socket" | "tcp";

/** What is answered to anybody. */
export const openPaths: ReadonlySet<string> = new Set(["/", "/health", "/api/v1/version"]);

/** Whether two tokens are the same, in a time that does not depend on where they differ. */
export function sameToken(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

/** The token of an `Authorization: Bearer` header; null when there is none. */
export function bearerOf(header: string | undefined): string | null {
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? "")?.[1] ?? null;
}

/**
 * Who asks through the socket: whoever its client names, which is trusted, having opened it.
 * @throws {PlatformError} `invalid_input` when the name could not be shown in one line.
 */
export function actorOf(header: string | string[] | undefined): string {
  if (header === undefined) return "local";
  if (typeof header === "string" && /^[\x20-\x7e]{1,200}$/.test(header)) return header;
  throw new PlatformError("invalid_input", {
    field: "x-berth-actor",
    problem: "use up to 200 printable characters",
  });
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
