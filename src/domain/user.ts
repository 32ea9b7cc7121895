import { z } from "zod";

/** What a person is called: one word, which events show and access:grant takes. */
export const UserName = z
  .string()
  .max(40, "use at most 40 characters")
  .regex(
    /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/,
    "use lower-case letters and digits with single . _ - between, starting with a letter",
  )
  .describe("Name of a person, such as ann.");

/** A person who may sign in. */
export type User = {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  /** May do everything, with every app and with the installation itself. */
  readonly superuser: boolean;
  readonly twoFactor: boolean;
  readonly createdAt: Date;
};

/** Addresses that nobody can have, for people who gave none: the sign-in wants one of each. */
const noAddress = "@nobody.invalid";

export function addressOf(name: string, email: string | null): string {
  return email?.toLowerCase() ?? `${name}${noAddress}`;
}

export function emailOf(address: string): string | null {
  return address.endsWith(noAddress) ? null : address;
}

/** Somebody's place in a team, or what they may do with one app beside that. */
export type Membership = {
  readonly userId: string;
  readonly user: string;
  readonly role: string;
};

/** A browser that is signed in. */
export type Session = {
  readonly id: string;
  readonly userId: string;
  readonly user: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
};
