import { UserNumber, userRange } from "#domain/app-user.ts";
import { supervisionLayout, type SupervisionLayout } from "./layout.ts";
import type { SandboxTools } from "./sandbox.ts";
import { ownWalls, type Walls } from "./walls.ts";

/** A Linux user and its group. */
export type Ids = { readonly uid: number; readonly gid: number };

export type RealmOptions = {
  readonly home: string;
  readonly tools: SandboxTools;
  /** The program that gives a command a terminal. */
  readonly relay: string;
  /** Who berthd is: reads what is built, and keeps the logs. */
  readonly account: Ids;
  /** The first uid of the home's range; null for an ordinary user, whose apps have no users. */
  readonly usersFrom: number | null;
  /** What only root can put up; by default none of it. */
  readonly walls?: Walls;
};

/** What is ours on this machine: one home, and the users that may be acted on. */
export type Realm = Required<RealmOptions> & {
  readonly layout: SupervisionLayout;
  /** Whether apps have users of their own; else everything is the account's. */
  readonly hasUsers: boolean;
  readonly userOf: (userNumber: number) => Ids;
  /** Owns what is sealed, and runs nothing else: what it may not change is not ours. */
  readonly keeperUid: number;
  /** Words that start a program as that user, without any privilege. */
  readonly become: (ids: Ids) => string[];
};

/** The uids of a home's apps. */
export function usersIn(usersFrom: number): { first: number; last: number } {
  return { first: usersFrom, last: usersFrom + userRange.ofHome - 1 };
}

export function createRealm({ usersFrom, walls = ownWalls(), ...options }: RealmOptions): Realm {
  const isInRange =
    usersFrom === null ||
    (usersFrom >= userRange.first &&
      usersFrom < userRange.end &&
      usersFrom % userRange.ofHome === 0);
  if (!isInRange) throw new RangeError(`${usersFrom} begins no range of users`);
  const hasUsers = usersFrom !== null;
  return {
    ...options,
    usersFrom,
    walls,
    layout: supervisionLayout(options.home),
    hasUsers,
    keeperUid: usersFrom ?? options.account.uid,
    userOf: (userNumber) => {
      if (usersFrom === null) return options.account;
      const uid = usersFrom + UserNumber.parse(userNumber);
      return { uid, gid: uid };
    },
    become: ({ uid, gid }) =>
      hasUsers ? ["s6-applyuidgid", "-u", String(uid), "-g", String(gid), "-G", ""] : [],
  };
}
