import { parseTarget } from "#domain/app.ts";
import type { Facts } from "#domain/audit.ts";
import type { Branch } from "#domain/branch.ts";
import type { Store } from "#domain/store.ts";

/** What an operation's input names, of everything that can be changed. */
export type Subject = {
  readonly app?: string | undefined;
  readonly team?: string | undefined;
  readonly user?: string | undefined;
};

/**
 * What is so about the things that an operation names, as far as operations change it. Of config
 * vars it says that they are there, and nothing else.
 */
export function factsOf(store: Store, { app, team, user }: Subject): Facts {
  return {
    ...(app === undefined ? {} : appFacts(store, app)),
    ...(team === undefined ? {} : teamFacts(store, team)),
    ...(user === undefined ? {} : userFacts(store, user)),
  };
}

/** The facts that differ, as they were and as they are; what is gone or new is null there. */
export function difference(before: Facts, after: Facts): { before: Facts; after: Facts } {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => before[name] !== after[name]);
  const only = (facts: Facts): Facts =>
    Object.fromEntries(changed.map((name) => [name, facts[name] ?? null]));
  return { before: only(before), after: only(after) };
}

function appFacts(store: Store, target: string): Facts {
  const { app: name, branch: wanted } = parseTarget(target);
  const app = store.apps.named(name);
  if (!app) return { app: null };
  const branches = store.branches.of(app.id);
  const branch = branches.find((it) => (wanted === null ? it.isDefault : it.name === wanted));
  const domains = store.domains
    .list()
    .filter(({ config }) => config.locations.some((it) => it.upstream.app === name))
    .map((domain) => domain.name);
  return {
    app: name,
    team: store.people.teams.get(app.teamId)?.name ?? null,
    ...(branch ? branchFacts(store, branch) : {}),
    ...keyed("domain", domains, "leads here"),
    ...roles("access", store.people.grants.of(app.id)),
  };
}

function branchFacts(store: Store, { mode, config, currentReleaseId }: Branch): Facts {
  const current = currentReleaseId === null ? null : store.releases.get(currentReleaseId);
  const formation = Object.entries(config.formation);
  return {
    mode,
    release: current?.number ?? null,
    ...Object.fromEntries(formation.map(([type, count]) => [`formation ${type}`, count])),
    ...keyed("config var", Object.keys(config.env), "set"),
  };
}

function teamFacts(store: Store, name: string): Facts {
  const team = store.people.teams.named(name);
  if (!team) return { team: null };
  return { team: name, ...roles("member", store.people.members.of(team.id)) };
}

function userFacts(store: Store, name: string): Facts {
  const user = store.people.users.named(name);
  if (!user) return { user: null };
  const { email, superuser, twoFactor } = user;
  const { password, passkeys } = store.people.users.signIns(user.id);
  return { user: name, email, superuser, twoFactor, password, passkeys };
}

function keyed(what: string, names: readonly string[], is: string): Facts {
  return Object.fromEntries(names.map((name) => [`${what} ${name}`, is]));
}

function roles(what: string, people: readonly { user: string; role: string }[]): Facts {
  return Object.fromEntries(people.map(({ user, role }) => [`${what} ${user}`, role]));
}
