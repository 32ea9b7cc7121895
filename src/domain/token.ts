import type { AppRef } from "./caller.ts";

/** A key for programs: who holds it may do, over the API, what it is for and its owner still may. */
export type Token = {
  readonly id: number;
  readonly name: string;
  readonly userId: string;
  /** Its owner's name. */
  readonly user: string;
  /** SHA-256 of the token; the token itself is nowhere. */
  readonly hash: string;
  readonly role: string;
  readonly teamId: number | null;
  readonly app: (AppRef & { readonly name: string }) | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
};
