import { randomBytes } from "node:crypto";
import { PlatformError } from "#domain/errors.ts";
import type { Session, User } from "#domain/user.ts";
import { hashOf } from "./callers.ts";
import type { PeopleContext } from "./people.ts";

/** A link is good for this long. */
const linkMs = 15 * 60_000;

/** What is known of a person, for those who look after people. */
export type UserInfo = User & {
  readonly password: boolean;
  readonly passkeys: number;
  readonly signOn: boolean;
  readonly teams: readonly { readonly team: string; readonly role: string }[];
  readonly apps: readonly { readonly app: string; readonly role: string }[];
};

/** A one-time link with which a person signs in without anything else. */
export type SignInLink = { readonly url: string; readonly expiresAt: Date };

export function userInfo({ store }: PeopleContext, user: User): UserInfo {
  const { users, members, grants } = store.people;
  return {
    ...user,
    ...users.signIns(user.id),
    teams: members.ofUser(user.id).map(({ team, role }) => ({ team, role })),
    apps: grants.ofUser(user.id).map(({ name, role }) => ({ app: name, role })),
  };
}

/** @throws {PlatformError} `user_not_found` */
export function userNamed({ store }: Pick<PeopleContext, "store">, name: string): User {
  const user = store.people.users.named(name);
  if (!user) throw new PlatformError("user_not_found", { user: name });
  return user;
}

/** @throws {PlatformError} `user_exists` */
export function addUser(
  context: PeopleContext,
  asked: { readonly name: string; readonly email: string | null; readonly superuser: boolean },
): User {
  const { users } = context.store.people;
  return context.store.transaction(() => {
    refuseTwins(context, asked.email, null);
    if (users.named(asked.name)) {
      throw new PlatformError("user_exists", { field: "name", value: asked.name });
    }
    return users.add({ ...asked, createdAt: context.clock.now() });
  });
}

/** @throws {PlatformError} `user_not_found`, `user_exists`, `last_superuser` */
export function changeUser(
  context: PeopleContext,
  name: string,
  changes: { readonly email?: string | null; readonly superuser?: boolean },
): User {
  return context.store.transaction(() => {
    const user = userNamed(context, name);
    if (changes.email !== undefined) refuseTwins(context, changes.email, user.id);
    if (changes.superuser === false) refuseLastSuperuser(context, user);
    context.store.people.users.update(user.id, changes);
    return userNamed(context, name);
  });
}

/**
 * Removes a person and, with them, their sessions, tokens and keys: what they have open ends.
 * @throws {PlatformError} `user_not_found`, `last_superuser`
 */
export async function removeUser(context: PeopleContext, name: string): Promise<void> {
  const { store, access } = context;
  store.transaction(() => {
    const user = userNamed(context, name);
    refuseLastSuperuser(context, user);
    store.people.users.remove(user.id);
  });
  await access.write(store.keys.list());
}

/** A new link in the place of any older one of that person. */
export function createLink({ store, clock, url }: PeopleContext, user: User): SignInLink {
  const secret = randomBytes(32).toString("base64url");
  const expiresAt = new Date(clock.now().getTime() + linkMs);
  store.people.links.add({ hash: hashOf(secret), userId: user.id, expiresAt });
  // Behind the # it reaches no server and no log but the one it is meant for.
  return { url: `${url()}/sign-in#link=${secret}`, expiresAt };
}

export function listSessions({ store, clock }: PeopleContext, userId: string | null): Session[] {
  return store.people.sessions.list(userId, clock.now());
}

/**
 * Ends a session, or all of a person's but the one they ask with.
 * @throws {PlatformError} `session_not_found`, also for other people's.
 */
export function endSessions(
  context: PeopleContext,
  which: {
    readonly userId: string | null;
    /** Or `others`. */
    readonly id: string;
    readonly own: string | null;
  },
): number {
  const mine = listSessions(context, which.userId);
  const ending = mine.filter(({ id }) =>
    which.id === "others" ? id !== which.own : id === which.id,
  );
  if (ending.length === 0 && which.id !== "others") {
    throw new PlatformError("session_not_found", { session: which.id });
  }
  for (const { id } of ending) context.store.people.sessions.remove(id);
  return ending.length;
}

function refuseTwins({ store }: PeopleContext, email: string | null, userId: string | null): void {
  const twin = email === null ? null : store.people.users.withEmail(email);
  if (twin && twin.id !== userId) {
    throw new PlatformError("user_exists", { field: "address", value: email ?? "" });
  }
}

function refuseLastSuperuser({ store }: PeopleContext, user: User): void {
  const others = store.people.users.list().filter((it) => it.superuser && it.id !== user.id);
  if (user.superuser && others.length === 0) {
    throw new PlatformError("last_superuser", { user: user.name });
  }
}
