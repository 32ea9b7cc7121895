import type { AccessFile } from "#domain/access.ts";
import type { AuditEntry, Facts } from "#domain/audit.ts";
import type { Need, Reach } from "#domain/authorize.ts";
import { isSuperuser, rightsOn, type AppRef, type Caller } from "#domain/caller.ts";
import type { Clock } from "#domain/clock.ts";
import type { Door } from "#domain/door.ts";
import type { PeopleStore } from "#domain/people-store.ts";
import type { Right } from "#domain/rights.ts";
import type { Store } from "#domain/store.ts";
import type { Token } from "#domain/token.ts";
import type { Membership, Session, User } from "#domain/user.ts";
import { keyCaller, tokenCaller, userCaller, type Via } from "./callers.ts";
import { factsOf, type Subject } from "./facts.ts";
import { may, permit, type Named } from "./permit.ts";
import * as teams from "./teams.ts";
import { addToken, removeToken, type NewToken } from "./tokens.ts";
import * as users from "./users.ts";

export type PeopleContext = {
  readonly store: Store;
  readonly clock: Clock;
  readonly door: Door;
  /** What sshd reads; keys go with their person. */
  readonly access: AccessFile;
  /** Where a browser finds the console, without a slash at the end. */
  readonly url: () => string;
};

/** Who somebody is, what they may do, and what they did. */
export type People = {
  readonly userCaller: (
    session: { readonly userId: string; readonly sessionId: string },
    via: Via,
  ) => Caller | null;
  readonly keyCaller: (keyId: number, via: Via) => Caller;
  readonly tokenCaller: (token: string, via: Via) => Caller | null;
  readonly permit: (caller: Caller, need: Need, named: Named) => Reach;
  readonly may: (caller: Caller, need: Need, named: Named) => boolean;
  /** Ids of the apps on which a caller has a right; null for all of them. */
  readonly appsWith: (caller: Caller, right: Right) => ReadonlySet<number> | null;

  readonly users: () => users.UserInfo[];
  readonly user: (name: string) => users.UserInfo;
  readonly userById: (id: string) => users.UserInfo | null;
  readonly addUser: (user: Pick<User, "name" | "email" | "superuser">) => users.UserInfo;
  readonly changeUser: (
    name: string,
    changes: { email?: string | null; superuser?: boolean },
  ) => users.UserInfo;
  readonly removeUser: (name: string) => Promise<void>;
  readonly createLink: (name: string) => users.SignInLink;
  readonly takeLink: (secret: string) => User;
  readonly sessions: (userId: string | null) => Session[];
  readonly endSessions: (which: Parameters<typeof users.endSessions>[1]) => number;

  readonly teams: () => teams.TeamInfo[];
  readonly addTeam: (name: string) => teams.TeamInfo;
  readonly removeTeam: (name: string) => void;
  readonly members: (team: string) => Membership[];
  readonly setMember: (asked: Parameters<typeof teams.setMember>[1]) => void;
  readonly appAccess: (app: string) => teams.AppAccess[];
  readonly setGrant: (asked: Parameters<typeof teams.setGrant>[1]) => void;
  readonly transferApp: (asked: Parameters<typeof teams.transferApp>[1]) => void;

  /** Every app with its team, by name. */
  readonly apps: () => readonly (AppRef & { readonly name: string })[];

  readonly tokens: (userId: string | null) => Token[];
  readonly addToken: (token: NewToken) => { readonly token: Token; readonly secret: string };
  readonly removeToken: (userId: string, name: string) => void;
  /** The app of a name, for a token's scope; null when there is none. */
  readonly appRef: (name: string) => AppRef | null;
  readonly teamId: (name: string) => number | null;

  readonly note: (entry: Omit<AuditEntry, "id" | "at">) => void;
  readonly audit: PeopleStore["audit"]["list"];
  readonly facts: (subject: Subject) => Facts;
};

export function createPeople(context: PeopleContext): People {
  const { store, clock } = context;
  const info = (user: User) => users.userInfo(context, user);
  const named = (name: string) => users.userNamed(context, name);
  return {
    userCaller: (session, via) => userCaller(context, session, via),
    keyCaller: (keyId, via) => keyCaller(context, keyId, via),
    tokenCaller: (token, via) => tokenCaller(context, token, via),
    permit: (caller, need, input) => permit(context, caller, need, input),
    may: (caller, need, input) => may(context, caller, need, input),
    appsWith: (caller, right) => appsWith(store, caller, right),
    users: () => store.people.users.list().map(info),
    user: (name) => info(named(name)),
    userById: (id) => {
      const user = store.people.users.get(id);
      return user && info(user);
    },
    addUser: (user) => info(users.addUser(context, user)),
    changeUser: (name, changes) => info(users.changeUser(context, name, changes)),
    removeUser: (name) => users.removeUser(context, name),
    createLink: (name) => users.createLink(context, named(name)),
    takeLink: (secret) => users.takeLink(context, secret),
    sessions: (userId) => users.listSessions(context, userId),
    endSessions: (which) => users.endSessions(context, which),
    teams: () => teams.listTeams(context),
    addTeam: (name) => teams.addTeam(context, name),
    removeTeam: (name) => teams.removeTeam(context, name),
    members: (team) => teams.listMembers(context, team),
    setMember: (asked) => teams.setMember(context, asked),
    appAccess: (app) => teams.listAccess(context, app),
    setGrant: (asked) => teams.setGrant(context, asked),
    transferApp: (asked) => teams.transferApp(context, asked),
    apps: () => store.apps.list(),
    tokens: (userId) => store.people.tokens.list(userId),
    addToken: (token) => addToken(context, token),
    removeToken: (userId, name) => removeToken(context, userId, name),
    appRef: (name) => store.apps.named(name),
    teamId: (name) => store.people.teams.named(name)?.id ?? null,
    note: (entry) => store.people.audit.add({ ...entry, at: clock.now() }),
    audit: store.people.audit.list,
    facts: (subject) => factsOf(store, subject),
  };
}

function appsWith(store: Store, caller: Caller, right: Right): ReadonlySet<number> | null {
  if (isSuperuser(caller) || caller.access.everywhere.has(right)) return null;
  const mine = store.apps.list().filter((app) => rightsOn(caller.access, app).has(right));
  return new Set(mine.map(({ id }) => id));
}
