import { z } from "zod";
import type { Network } from "./app.ts";
import type { AppSight } from "./score-card.ts";

/**
 * Uids that no convention gives to anything, and how many of them a home has: its apps' numbers,
 * and 0 for the owner of what is sealed. @see systemd's UIDS-GIDS page
 */
export const userRange = { first: 1_900_000_000, end: 2_000_000_000, ofHome: 10_000 } as const;

/** How many apps of one home can have a Linux user of their own at the same time. */
export const userNumberMax = 9999;

/**
 * Which of the home's Linux users an app has. It is a number within the home's range, never a uid:
 * whoever has privilege adds it to a base of its own, so that no other user can be named at all.
 */
export const UserNumber = z.int().min(1).max(userNumberMax);

/**
 * The number for a new app: one more than the highest, so that a number is used again as late as
 * can be; else the lowest free one. Null when all are taken.
 */
export function nextUserNumber(taken: readonly number[]): number | null {
  const next = Math.max(0, ...taken) + 1;
  if (next <= userNumberMax) return next;
  const known = new Set(taken);
  for (let number = 1; number <= userNumberMax; number += 1) if (!known.has(number)) return number;
  return null;
}

/** The Linux users that apps have. */
export type Users = {
  /** Opens or closes their connections to the outside, from now on. */
  readonly setNetwork: (userNumber: number, network: Network) => Promise<void>;
  /** What is to be seen of an app and of all that runs as its user. */
  readonly look: (appId: number, userNumber: number) => Promise<AppSight>;
  /**
   * Ends everything of an app's user. Resolves when nothing of it is left, so that another app may
   * have its number. @throws {PlatformError} `user_not_retired`
   */
  readonly retire: (userNumber: number) => Promise<void>;
};
