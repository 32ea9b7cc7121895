import type { AccessFile } from "#domain/access.ts";
import type { AuditEntry, Known } from "#domain/audit.ts";
import type { Need, Reach } from "#domain/authorize.ts";
import { isSuperuser, rightsInTeam, rightsOn, type AppRef, type Caller } from "#domain/caller.ts";
import type { Clock } from "#domain/clock.ts";
import type { Door } from "#domain/door.ts";
import type { PeopleStore } from "#domain/people-store.ts";
import type { Right } from "#domain/rights.ts";
import type { Whose } from "#domain/changes.ts";
import type { SignIn } from "#domain/sign-in.ts";
import type { Store } from "#domain/store.ts";
import type { Token } from "#domain/token.ts";
import { addressOf, type Membership, type Session, type User } from "#domain/user.ts";
import { createAttempts, type Attempts } from "./attempts.ts";
import { keyCaller, tokenCaller, userCaller, type Via } from "./callers.ts";
import { factsOf, ownerOf, type Subject } from "./facts.ts";
import { permit, type Named } from "./permit.ts";
import { setPassword } from "./passwords.ts";
import * as teams from "./teams.ts";
import { addToken, removeToken, type NewToken } from "./tokens.ts";
import * as users from "./users.ts";

export type PeopleContext = {
  readonly store: Store;
  readonly clock: Clock;
  readonly door: Door;
  /** What sshd reads; keys go with their person. */
  readonly access: AccessFile;
  readonly signIn: SignIn;
  /** Where a browser finds the console, without a slash at the end. */
  readonly url: () => string;
  /** Apps that a team may have. */
  readonly teamAppsMax: () => number;
};

/** Who somebody is, what they may do, and what they did. */
export type People = {
  readonly signIn: SignIn;
  readonly attempts: Attempts;
  readonly userCaller: (
    session: { readonly userId: string; readonly sessionId: string },
    via: Via,
  ) => Caller | null;
  readonly keyCaller: (keyId: number, via: Via) => Caller;
  readonly tokenCaller: (token: string, via: Via) => Caller | null;
  readonly permit: (caller: Caller, need: Need, named: Named) => Reach;
  /** Ids of the apps on which a caller has a right; null for all of them. */
  readonly appsWith: (caller: Caller, right: Right) => ReadonlySet<number> | null;
  /** Whether a caller has a right on what is an app's, a team's, a person's or the installation's. */
  readonly hasRight: (caller: Caller, right: Right, whose: Whose) => boolean;

  readonly users: () => users.UserInfo[];
  readonly user: (name: string) => users.UserInfo;
  readonly userById: (id: string) => users.UserInfo | null;
  /** The address that signing in knows somebody by, from their name or their own address. */
  readonly addressOf: (name: string) => string | null;
  readonly addUser: (user: Pick<User, "name" | "email" | "superuser">) => users.UserInfo;
  readonly changeUser: (
    name: string,
    changes: { email?: string | null; superuser?: boolean },
  ) => users.UserInfo;
  readonly removeUser: (name: string) => Promise<void>;
  /** Takes a person's password and second factor away. */
  readonly forget: (name: string) => Promise<void>;
  readonly createLink: (name: string) => users.SignInLink;
  /** Resolves with how many other sessions were ended. */
  readonly setPassword: (
    caller: Caller,
    asked: { readonly password: string; readonly current: string | null },
  ) => Promise<number>;
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
  /** What is so about what an operation names, and whose that is. */
  readonly facts: (subject: Subject) => Known;
  readonly ownerOf: (subject: Subject) => Pick<AuditEntry, "appId" | "teamId">;
};

export function createPeople(context: PeopleContext): People {
  const { store } = context;
  return {
    ...callerVerbs(context),
    ...userVerbs(context),
    ...teamVerbs(context),
    apps: () => store.apps.list(),
    appRef: (name) => store.apps.named(name),
    note: (entry) => noteAudit(context, entry),
    audit: store.people.audit.list,
    facts: (subject) => factsOf(context, subject),
    ownerOf: (subject) => ownerOf(store, subject),
  };
}

const auditDays = 366;
const auditEntriesMax = 1_000_000;

/** Every entry takes two old ones with it, so that there is never much to remove at once. */
export function noteAudit(
  { store, clock }: Pick<PeopleContext, "store" | "clock">,
  entry: Omit<AuditEntry, "id" | "at">,
): void {
  const at = clock.now();
  store.people.audit.add({ ...entry, at });
  const before = new Date(at.getTime() - auditDays * 86_400_000);
  store.people.audit.prune({ before, keep: auditEntriesMax, limit: 2 });
}

function callerVerbs(context: PeopleContext) {
  return {
    userCaller: (session, via) => userCaller(context, session, via),
    keyCaller: (keyId, via) => keyCaller(context, keyId, via),
    tokenCaller: (token, via) => tokenCaller(context, token, via),
    permit: (caller, need, input) => permit(context, caller, need, input),
    appsWith: (caller, right) => appsWith(context.store, caller, right),
    hasRight: (caller, right, whose) => hasRight(context.store, { caller, right, whose }),
  } satisfies Partial<People>;
}

function userVerbs(context: PeopleContext) {
  const { store, clock, signIn } = context;
  const info = (user: User) => users.userInfo(context, user);
  const named = (name: string) => users.userNamed(context, name);
  const attempts = createAttempts(() => clock.now().getTime());
  return {
    signIn,
    attempts,
    setPassword: (caller, asked) => setPassword(context, attempts, { caller, ...asked }),
    users: () => store.people.users.list().map(info),
    user: (name) => info(named(name)),
    userById: (id) => {
      const user = store.people.users.get(id);
      return user && info(user);
    },
    addressOf: (name) => {
      const user = store.people.users.named(name) ?? store.people.users.withEmail(name);
      return user && addressOf(user.name, user.email);
    },
    addUser: (user) => info(users.addUser(context, user)),
    changeUser: (name, changes) => info(users.changeUser(context, name, changes)),
    removeUser: (name) => users.removeUser(context, name),
    forget: (name) => signIn.forget(named(name).id),
    createLink: (name) => users.createLink(context, named(name)),
    sessions: (userId) => users.listSessions(context, userId),
    endSessions: (which) => users.endSessions(context, which),
    tokens: (userId) => store.people.tokens.list(userId),
    addToken: (token) => addToken(context, token),
    removeToken: (userId, name) => removeToken(context, userId, name),
  } satisfies Partial<People>;
}

function teamVerbs(context: PeopleContext) {
  return {
    teams: () => teams.listTeams(context),
    teamId: (name) => context.store.people.teams.named(name)?.id ?? null,
    addTeam: (name) => teams.addTeam(context, name),
    removeTeam: (name) => teams.removeTeam(context, name),
    members: (team) => teams.listMembers(context, team),
    setMember: (asked) => teams.setMember(context, asked),
    appAccess: (app) => teams.listAccess(context, app),
    setGrant: (asked) => teams.setGrant(context, asked),
    transferApp: (asked) => teams.transferApp(context, asked),
  } satisfies Partial<People>;
}

function hasRight(
  { apps }: Store,
  { caller, right, whose }: { caller: Caller; right: Right; whose: Whose },
): boolean {
  const { access, userId } = caller;
  if (access.everywhere.has(right) || whose === "everybody") return true;
  if (whose === null) return false;
  if ("userId" in whose) return whose.userId === userId;
  if ("teamId" in whose) return rightsInTeam(access, whose.teamId).has(right);
  const app = apps.get(whose.appId);
  return app !== null && rightsOn(access, app).has(right);
}

function appsWith(store: Store, caller: Caller, right: Right): ReadonlySet<number> | null {
  if (isSuperuser(caller) || caller.access.everywhere.has(right)) return null;
  const mine = store.apps.list().filter((app) => rightsOn(caller.access, app).has(right));
  return new Set(mine.map(({ id }) => id));
}
