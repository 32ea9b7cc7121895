import { parseTarget, type App } from "#domain/app.ts";
import type { AuditEntry, Known } from "#domain/audit.ts";
import type { Clock } from "#domain/clock.ts";
import type { Key } from "#domain/key.ts";
import type { Store } from "#domain/store.ts";
import type { Token } from "#domain/token.ts";
import type { User } from "#domain/user.ts";
import { appFacts, notificationFacts, roles } from "./app-facts.ts";
import { factsOfEach, usually } from "./fact.ts";

/** What an operation names, of everything that can be changed. */
export type Subject = {
  readonly app?: string | undefined;
  readonly team?: string | undefined;
  readonly user?: string | undefined;
  /** Name of an SSH key, whosever it is. */
  readonly key?: string | undefined;
  readonly jobs?: readonly number[];
  /** What belongs to no app, team or person. */
  readonly installation?: boolean;
};

type Context = { readonly store: Store; readonly clock: Clock };

/**
 * What is so about the things that an operation names, as far as operations change it. Of secrets,
 * of passwords and of the values of config vars it says that they are there, and nothing else.
 */
export function factsOf({ store, clock }: Context, subject: Subject): Known {
  const { app, team, user, key, jobs = [], installation } = subject;
  return {
    ...(team !== undefined && teamFacts(store, team)),
    // Which team an app belongs to goes before which one was named.
    ...(app !== undefined && appFacts(store, app)),
    ...(user !== undefined && userFacts(store, user, clock.now())),
    ...(key !== undefined && keyFacts(store, (it) => it.name === key)),
    ...(installation && installationFacts(store)),
    ...jobFacts(store, jobs),
  };
}

/** Whose it is, as far as that is known: to them the audit shows it. */
export function ownerOf(store: Store, subject: Subject): Pick<AuditEntry, "appId" | "teamId"> {
  const app = appOf(store, subject);
  const team = subject.team === undefined ? null : store.people.teams.named(subject.team);
  return { appId: app?.id ?? null, teamId: team?.id ?? app?.teamId ?? null };
}

function appOf({ apps, jobs }: Store, subject: Subject): App | null {
  if (subject.app !== undefined) return apps.named(parseTarget(subject.app).app);
  const [id] = (subject.jobs ?? []).flatMap((job) => jobs.get(job)?.appId ?? []);
  return id === undefined ? null : apps.get(id);
}

function teamFacts({ people, notifications }: Store, name: string): Known {
  const team = people.teams.named(name);
  if (!team) return {};
  return {
    team: { is: name },
    ...roles("member", people.members.of(team.id)),
    ...notificationFacts(notifications.list().filter(({ teamId }) => teamId === team.id)),
  };
}

function userFacts(store: Store, name: string, at: Date): Known {
  const { users, sessions, tokens, links } = store.people;
  const user = users.named(name);
  if (!user) return {};
  const linkUntil = links.until(user.id);
  return {
    user: { is: name },
    ...(user.email !== null && { email: { is: user.email } }),
    superuser: usually(user.superuser, false),
    ...signInFacts(store, user),
    sessions: usually(sessions.list(user.id, at).length, 0),
    ...(linkUntil && { "sign-in link": { is: `until ${linkUntil.toISOString()}` } }),
    ...keyFacts(store, ({ userId }) => userId === user.id),
    ...factsOfEach(tokens.list(user.id), (token) => [
      `token ${token.name}`,
      { is: scopeOf(store, token) },
    ]),
  };
}

function signInFacts({ people: { users } }: Store, { id, twoFactor }: User): Known {
  const { passwordAt, passkeys, signOn } = users.signIns(id);
  return {
    ...(passwordAt && { password: { is: "set", mark: passwordAt.toISOString() } }),
    "second factor": usually(twoFactor, false),
    passkeys: usually(passkeys, 0),
    "sign-on": usually(signOn, false),
  };
}

/** `deployer of shop, until 2026-05-01` */
function scopeOf({ people }: Store, { role, app, teamId, expiresAt }: Token): string {
  const team = teamId === null ? null : people.teams.get(teamId);
  const what = app?.name ?? (team ? `team ${team.name}` : "everything");
  return `${role} of ${what}, until ${expiresAt.toISOString().slice(0, 10)}`;
}

function keyFacts({ keys }: Store, isMeant: (key: Key) => boolean): Known {
  return factsOfEach(keys.list().filter(isMeant), ({ name, fingerprint }) => [
    `key ${name}`,
    { is: fingerprint },
  ]);
}

function installationFacts(store: Store): Known {
  const { notifications, secrets } = store;
  const own = notifications.list().filter((it) => it.appId === null && it.teamId === null);
  return {
    "secrets key": { is: secrets.key() },
    ...keyFacts(store, ({ userId }) => userId === null),
    ...notificationFacts(own),
  };
}

function jobFacts({ jobs }: Store, ids: readonly number[]): Known {
  const known = ids.flatMap((id) => jobs.get(id) ?? []);
  return factsOfEach(known, ({ id, kind, status }) => [`job ${id}`, { is: `${kind} ${status}` }]);
}
