import type { AuditEntry } from "./audit.ts";
import type { AppRef } from "./caller.ts";
import type { Team } from "./team.ts";
import type { Token } from "./token.ts";
import type { Membership, Session, User } from "./user.ts";

export type AuditQuery = {
  /** Only entries about these apps or teams; all when null. */
  readonly within: { readonly apps: readonly number[]; readonly teams: readonly number[] } | null;
  readonly appId?: number | undefined;
  readonly actors?: readonly string[] | undefined;
  readonly operations?: readonly string[] | undefined;
  readonly outcomes?: readonly AuditEntry["outcome"][] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Only entries with a smaller id. */
  readonly before?: number | null;
  readonly limit: number;
};

/** People, what they may do, and what they did: the rows behind `engine/people`. */
export type PeopleStore = {
  readonly users: {
    readonly list: () => User[];
    readonly get: (id: string) => User | null;
    readonly named: (name: string) => User | null;
    readonly withEmail: (email: string) => User | null;
    readonly add: (user: Pick<User, "name" | "email" | "superuser" | "createdAt">) => User;
    readonly update: (id: string, patch: Partial<Pick<User, "email" | "superuser">>) => void;
    /** Removes the person with sessions, passwords, passkeys, keys, tokens, links and rights. */
    readonly remove: (id: string) => void;
    /** What is known of how somebody signs in. */
    readonly signIns: (id: string) => {
      password: boolean;
      /** When it was set; null while there is none. */
      passwordAt: Date | null;
      passkeys: number;
      signOn: boolean;
    };
  };
  readonly sessions: {
    /** Those that have not run out, the newest first; of everybody when `userId` is null. */
    readonly list: (userId: string | null, at: Date) => Session[];
    readonly remove: (id: string) => void;
  };
  readonly teams: {
    readonly list: () => Team[];
    readonly get: (id: number) => Team | null;
    readonly named: (name: string) => Team | null;
    readonly add: (team: Pick<Team, "name" | "createdAt">) => Team;
    readonly remove: (id: number) => void;
  };
  readonly members: {
    readonly of: (teamId: number) => Membership[];
    readonly ofUser: (userId: string) => { teamId: number; team: string; role: string }[];
    readonly set: (teamId: number, userId: string, role: string) => void;
    readonly remove: (teamId: number, userId: string) => void;
  };
  readonly grants: {
    readonly of: (appId: number) => Membership[];
    readonly ofUser: (userId: string) => { app: AppRef; name: string; role: string }[];
    readonly set: (appId: number, userId: string, role: string) => void;
    readonly remove: (appId: number, userId: string) => void;
  };
  readonly tokens: {
    /** By owner and name; of everybody when `userId` is null. */
    readonly list: (userId: string | null) => Token[];
    readonly withHash: (hash: string) => Token | null;
    readonly add: (
      token: Pick<
        Token,
        "name" | "userId" | "hash" | "role" | "teamId" | "createdAt" | "expiresAt"
      > & { readonly appId: number | null },
    ) => Token;
    readonly used: (id: number, at: Date) => void;
    readonly remove: (id: number) => void;
  };
  readonly links: {
    readonly add: (link: { hash: string; userId: string; expiresAt: Date }) => void;
    /** Uses a link up: gives whose it was, once, and null if it had run out or never was. */
    readonly take: (hash: string, at: Date) => string | null;
    /** Until when a person's link is good; null without one. */
    readonly until: (userId: string) => Date | null;
  };
  readonly audit: {
    readonly add: (entry: Omit<AuditEntry, "id">) => void;
    /** The newest first. */
    readonly list: (query: AuditQuery) => AuditEntry[];
    /** Removes at most `limit` entries that are older, or beyond the newest `keep`; gives how many. */
    readonly prune: (bounds: { before: Date; keep: number; limit: number }) => number;
  };
};
