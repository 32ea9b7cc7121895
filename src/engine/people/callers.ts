import { createHash } from "node:crypto";
import {
  fullAccess,
  narrowed,
  noAccess,
  type Access,
  type AppRef,
  type Caller,
} from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import { rightsOf } from "#domain/rights.ts";
import type { Store } from "#domain/store.ts";
import type { Clock } from "#domain/clock.ts";

/** How somebody came in. */
export type Via = Pick<Caller, "door" | "address">;

type Context = { readonly store: Store; readonly clock: Clock };

/** How often a token's last use is written down. */
const noteEveryMs = 60_000;

/** Tokens begin with this, so that one that leaked is recognised for what it is. */
export const tokenPrefix = "berth_";

/** What is kept of tokens and links; 32 random bytes need no salt and no slowness. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Whoever administers this machine; `actor` is what their account is called. */
export function machineCaller(actor: string, via: Via): Caller {
  return { kind: "machine", actor, userId: null, sessionId: null, ...via, access: fullAccess };
}

/** What a person may do right now. Nothing when there is no such person. */
function accessOf({ people }: Store, userId: string): Access {
  const user = people.users.get(userId);
  if (!user) return noAccess;
  const teams = people.members.ofUser(userId);
  const apps = people.grants.ofUser(userId);
  return {
    everywhere: user.superuser ? rightsOf("admin") : noAccess.everywhere,
    teams: new Map(teams.map(({ teamId, role }) => [teamId, rightsOf(role)])),
    apps: new Map(apps.map(({ app, role }) => [app.id, { ...app, rights: rightsOf(role) }])),
  };
}

/** The caller behind a session; null when the person is gone. */
export function userCaller(
  { store }: Context,
  { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
  via: Via,
): Caller | null {
  const user = store.people.users.get(userId);
  if (!user) return null;
  const access = accessOf(store, userId);
  return { kind: "user", actor: user.name, userId, sessionId, ...via, access };
}

/**
 * The caller behind an SSH key: the person it belongs to, with what they may do at this moment. The
 * installation's own keys, of files and of the machine's administrator, may do everything.
 * @throws {PlatformError} `not_permitted` when the key was removed since.
 */
export function keyCaller({ store }: Context, keyId: number, via: Via): Caller {
  const key = store.keys.get(keyId);
  if (!key) throw new PlatformError("not_permitted", { actor: "A key that was removed" });
  const user = key.userId === null ? null : store.people.users.get(key.userId);
  const access = key.userId === null ? fullAccess : accessOf(store, key.userId);
  const actor = user?.name ?? key.name;
  return { kind: "key", actor, userId: key.userId, sessionId: null, ...via, access };
}

/** The caller behind a token; null when it is unknown or has run out. */
export function tokenCaller({ store, clock }: Context, text: string, via: Via): Caller | null {
  const token = store.people.tokens.withHash(hashOf(text));
  const now = clock.now();
  if (!token || token.expiresAt <= now) return null;
  if (now.getTime() - (token.lastUsedAt?.getTime() ?? 0) > noteEveryMs) {
    store.people.tokens.used(token.id, now);
  }
  const access = narrowed(accessOf(store, token.userId), token);
  const { userId, user, name } = token;
  return { kind: "token", actor: `${user}/${name}`, userId, sessionId: null, ...via, access };
}

/** The app that something named belongs to; null when there is none. */
export function appRefOf(store: Store, name: string): (AppRef & { name: string }) | null {
  const app = store.apps.named(name);
  return app ? { id: app.id, teamId: app.teamId, name: app.name } : null;
}
