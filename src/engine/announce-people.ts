import { whoseOf, type ChangeListener } from "#domain/changes.ts";
import type { PeopleStore } from "#domain/people-store.ts";
import type { SignInModel, SignInRow } from "#domain/sign-in.ts";
import type { Store } from "#domain/store.ts";
import { after } from "./feed.ts";

type Says = {
  readonly team: (teamId: number) => void;
  readonly access: (appId: number) => void;
  readonly person: (of: OfPerson, userId: string | null) => void;
};
type OfPerson = "users" | "keys" | "tokens" | "sessions";

export function saysOf({ people, apps }: Store, say: ChangeListener): Says {
  return {
    team: (teamId) => {
      const team = people.teams.get(teamId)?.name;
      if (team !== undefined) say({ of: "teams", team, whose: { teamId } });
    },
    access: (appId) => {
      const target = apps.get(appId)?.name;
      if (target !== undefined) say({ of: "access", target, whose: { appId } });
    },
    person: (of, userId) => {
      const user = userId === null ? null : (people.users.get(userId)?.name ?? null);
      say({ of, user, whose: userId === null ? null : { userId } });
    },
  };
}

/** People, what they come in with, and what they may do. */
export function announcingPeople(
  store: Store,
  say: ChangeListener,
): Pick<Store, "people" | "keys" | "signIn"> {
  const { people, keys } = store;
  const says = saysOf(store, say);
  const { audit } = people;
  return {
    people: {
      ...people,
      users: announcingUsers(people, says, say),
      teams: announcingTeams(people, says, say),
      ...announcingRoles(people, says),
      tokens: announcingTokens(people, says),
      sessions: announcingSessions(store, says),
      audit: {
        ...audit,
        add: (entry) => after(audit.add(entry), () => say({ of: "audit", whose: whoseOf(entry) })),
      },
    },
    keys: {
      ...keys,
      add: (row) => after(keys.add(row), ({ userId }) => says.person("keys", userId)),
      remove: (id) => {
        const key = keys.get(id);
        keys.remove(id);
        if (key) says.person("keys", key.userId);
      },
    },
    signIn: announcingSignIn(store, says),
  };
}

function announcingUsers(
  { users, members }: PeopleStore,
  says: Says,
  say: ChangeListener,
): PeopleStore["users"] {
  return {
    ...users,
    add: (user) => after(users.add(user), ({ id }) => says.person("users", id)),
    update: (id, patch) => after(users.update(id, patch), () => says.person("users", id)),
    remove: (id) => {
      const [user, teams] = [users.get(id)?.name ?? null, members.ofUser(id)];
      users.remove(id);
      say({ of: "users", user, whose: { userId: id } });
      for (const { teamId } of teams) says.team(teamId);
    },
  };
}

function announcingTeams(
  { teams }: PeopleStore,
  says: Says,
  say: ChangeListener,
): PeopleStore["teams"] {
  return {
    ...teams,
    add: (team) => after(teams.add(team), ({ id }) => says.team(id)),
    remove: (id) => {
      const team = teams.get(id)?.name;
      teams.remove(id);
      if (team !== undefined) say({ of: "teams", team, whose: { teamId: id } });
    },
  };
}

function announcingRoles(
  { members, grants }: PeopleStore,
  says: Says,
): Pick<PeopleStore, "members" | "grants"> {
  const sayMember = (teamId: number, userId: string) => {
    says.team(teamId);
    says.person("users", userId);
  };
  const sayGrant = (appId: number, userId: string) => {
    says.access(appId);
    says.person("users", userId);
  };
  return {
    members: {
      ...members,
      set: (team, user, role) => after(members.set(team, user, role), () => sayMember(team, user)),
      remove: (team, user) => after(members.remove(team, user), () => sayMember(team, user)),
    },
    grants: {
      ...grants,
      set: (app, user, role) => after(grants.set(app, user, role), () => sayGrant(app, user)),
      remove: (app, user) => after(grants.remove(app, user), () => sayGrant(app, user)),
    },
  };
}

function announcingTokens({ tokens }: PeopleStore, says: Says): PeopleStore["tokens"] {
  const userOf = (id: number) => tokens.list(null).find((it) => it.id === id)?.userId;
  const sayOf = (userId: string | undefined) => userId && says.person("tokens", userId);
  return {
    ...tokens,
    add: (token) => after(tokens.add(token), ({ userId }) => sayOf(userId)),
    used: (id, at) => after(tokens.used(id, at), () => sayOf(userOf(id))),
    remove: (id) => {
      const owner = userOf(id);
      tokens.remove(id);
      sayOf(owner);
    },
  };
}

function announcingSessions(
  { people: { sessions }, signIn }: Store,
  says: Says,
): PeopleStore["sessions"] {
  return {
    ...sessions,
    remove: (id) => {
      const ended = signIn.find("session", [{ field: "id", is: "eq", value: id, any: false }]);
      sessions.remove(id);
      for (const row of ended) says.person("sessions", ownerOf("session", row));
    },
  };
}

/** The rows of the library that signs people in. */
function announcingSignIn({ signIn }: Store, says: Says): Store["signIn"] {
  const sayOf = (model: SignInModel, rows: readonly SignInRow[]) => {
    if (model === "verification") return;
    const of = model === "session" ? "sessions" : "users";
    for (const owner of new Set(rows.map((row) => ownerOf(model, row)))) says.person(of, owner);
  };
  return {
    ...signIn,
    add: (model, row) => after(signIn.add(model, row), (added) => sayOf(model, [added])),
    change: (model, where, patch) =>
      after(signIn.change(model, where, patch), (rows) => sayOf(model, rows)),
    increment: (model, where, by) =>
      after(signIn.increment(model, where, by), (row) => sayOf(model, row ? [row] : [])),
    remove: (model, where, limit) =>
      after(signIn.remove(model, where, limit), (rows) => sayOf(model, rows)),
  };
}

function ownerOf(model: SignInModel, row: SignInRow): string {
  return String(row[model === "user" ? "id" : "userId"]);
}
