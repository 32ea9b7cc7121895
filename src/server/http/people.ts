import { endSession, listSessions, setPassword, whoAmI } from "#api/account.ts";
import { listAudit } from "#api/audit.ts";
import { addToken, listTokens, removeToken } from "#api/tokens.ts";
import { addUser, changeUser, createLink, listUsers, removeUser } from "#api/users.ts";
import { changesOf } from "#domain/audit.ts";
import { rightsInTeam, rightsOn, isSuperuser, type Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Token } from "#domain/token.ts";
import type { Engine } from "#engine/engine.ts";
import type { People } from "#engine/people/people.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { cutOff, idOf, pageOf, type PageOf } from "./page.ts";

export const peopleHandlers: readonly Handler[] = [
  handleList(listUsers, async ({ query }, { people }) =>
    pageOf(people.users(), query, ({ name }) => name),
  ),
  handle(addUser, async ({ body }, { people }) => {
    const { team, role, ...user } = body;
    // Before anybody is added: the team may not be there.
    if (team !== undefined) people.members(team);
    people.addUser(user);
    if (team !== undefined) people.setMember({ team, user: user.name, role });
    return { user: people.user(user.name), link: people.createLink(user.name) };
  }),
  handle(changeUser, async ({ params, body: { email, superuser } }, { people }) =>
    people.changeUser(params.user, {
      ...(email === undefined ? {} : { email }),
      ...(superuser === undefined ? {} : { superuser }),
    }),
  ),
  handle(removeUser, async ({ params }, { people }) => {
    await people.removeUser(params.user);
    return { removed: params.user };
  }),
  handle(createLink, async ({ params, body }, { people }) => {
    if (body.forget) await people.forget(params.user);
    return people.createLink(params.user);
  }),
  handle(whoAmI, async ({ caller }, engine) => callerView(caller, engine)),
  handle(setPassword, async ({ caller, body }, { people }) => ({
    ended: await people.setPassword(caller, body),
  })),
  handleList(listSessions, async ({ caller, query }, { people }) => {
    const sessions = people.sessions(ownerOf(people, caller, query.user));
    const told = sessions.map((it) => ({ ...it, isThis: it.id === caller.sessionId }));
    return newestFirst(told, query);
  }),
  handle(endSession, async ({ caller, params, query }, { people }) => {
    const userId = ownerOf(people, caller, query.user);
    return { ended: people.endSessions({ userId, id: params.session, own: caller.sessionId }) };
  }),
  handleList(listTokens, async ({ caller, query }, { people }) => {
    const tokens = people.tokens(ownerOf(people, caller, query.user));
    const told = tokens.map((token) => tokenView(people, token));
    return pageOf(told, query, ({ user, name }) => `${user} ${name}`);
  }),
  handle(addToken, async ({ caller, body: { user, app, team, ...rest } }, { people }) => {
    const userId = ownerOf(people, caller, user);
    if (userId === null) throw noOwner;
    // Whoever may not see it gets the answer of an unknown one.
    if (app !== undefined) people.permit(caller, "app:read", { app });
    if (team !== undefined) people.permit(caller, "team:read", { team });
    const appId = app === undefined ? null : appIdOf(people, app);
    const teamId = team === undefined ? null : people.teamId(team);
    const { token, secret } = people.addToken({ ...rest, userId, appId, teamId });
    return { token: tokenView(people, token), secret };
  }),
  handle(removeToken, async ({ caller, params, query }, { people }) => {
    const userId = ownerOf(people, caller, query.user);
    if (userId === null) throw noOwner;
    people.removeToken(userId, params.token);
    return { removed: params.token };
  }),
  handleList(listAudit, async ({ query, visible, caller }, { people }) => {
    const { target, actor: actors, operation: operations, outcome: outcomes, limit } = query;
    const [since, until] = [query.since, query.until].map((it) => (it ? new Date(it) : undefined));
    const found = people.audit({
      within: visible && { apps: [...visible], teams: ruledTeams(people, caller) },
      appId: target === undefined ? undefined : appIdOf(people, target),
      actors,
      operations,
      outcomes,
      since,
      until,
      before: idOf(query.after),
      limit: limit + 1,
    });
    const told = found.map((entry) => ({ ...entry, changes: changesOf(entry) }));
    return cutOff(told, limit, ({ id }) => id);
  }),
];

type Dated = { readonly id: string; readonly createdAt: Date };

function newestFirst<Item extends Dated>(
  items: readonly Item[],
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): PageOf<Item> {
  const keyOf = ({ createdAt, id }: Item) => `${createdAt.toISOString()} ${id}`;
  const sorted = items.toSorted((a, b) => (keyOf(a) > keyOf(b) ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) < after);
  return cutOff(rest, limit, keyOf);
}

const noOwner = new PlatformError("invalid_input", {
  field: "user",
  problem: "a token belongs to a person; name one, such as --user ann",
});

/**
 * Whose things are meant: the caller's own, or those of the person a superuser names. Null for
 * everybody, which only the machine's administrator can mean by naming nobody.
 */
export function ownerOf(people: People, caller: Caller, user: string | undefined): string | null {
  if (user === undefined || user === caller.actor) return caller.userId;
  if (isSuperuser(caller)) return people.user(user).id;
  throw new PlatformError("right_missing", {
    actor: caller.actor,
    right: "admin",
    what: "other people",
  });
}

function appIdOf(people: People, name: string): number {
  const app = people.appRef(name);
  if (!app) throw new PlatformError("app_not_found", { app: name });
  return app.id;
}

function ruledTeams(people: People, { access }: Caller): number[] {
  return people
    .teams()
    .filter(({ id }) => rightsInTeam(access, id).has("admin"))
    .map(({ id }) => id);
}

function tokenView(people: People, { app, teamId, ...token }: Token) {
  const team = people.teams().find(({ id }) => id === teamId);
  return { ...token, app: app?.name ?? null, team: team?.name ?? null };
}

function callerView(caller: Caller, { people }: Engine) {
  const { actor, kind, door, access, userId } = caller;
  const superuser = isSuperuser(caller);
  const teams = people.teams().map(({ id, name }) => ({
    team: name,
    rights: [...rightsInTeam(access, id)],
  }));
  const apps = people.apps().map(({ name, ...app }) => ({
    app: name,
    rights: [...rightsOn(access, app)],
  }));
  return {
    actor,
    kind,
    door,
    superuser,
    user: userId === null ? null : people.userById(userId),
    everywhere: [...access.everywhere],
    teams: teams.filter(({ rights }) => !superuser && rights.length > 0),
    apps: apps.filter(({ rights }) => !superuser && rights.length > 0),
  };
}
