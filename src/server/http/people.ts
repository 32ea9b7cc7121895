import { endSession, listSessions, setPassword, whoAmI } from "#api/account.ts";
import { listAudit } from "#api/audit.ts";
import { addToken, listTokens, removeToken } from "#api/tokens.ts";
import { addUser, changeUser, createLink, listUsers, removeUser } from "#api/users.ts";
import { rightsInTeam, rightsOn, isSuperuser, type Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Token } from "#domain/token.ts";
import type { Engine } from "#engine/engine.ts";
import type { People } from "#engine/people/people.ts";
import { handle, type Handler } from "./handle.ts";

export const peopleHandlers: readonly Handler[] = [
  handle(listUsers, async (_call, { people }) => people.users()),
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
  handle(listSessions, async ({ caller, query }, { people }) =>
    people
      .sessions(ownerOf(people, caller, query.user))
      .map((session) => ({ ...session, isThis: session.id === caller.sessionId })),
  ),
  handle(endSession, async ({ caller, params, query }, { people }) => {
    const userId = ownerOf(people, caller, query.user);
    return { ended: people.endSessions({ userId, id: params.session, own: caller.sessionId }) };
  }),
  handle(listTokens, async ({ caller, query }, { people }) =>
    people.tokens(ownerOf(people, caller, query.user)).map((token) => tokenView(people, token)),
  ),
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
  handle(listAudit, async ({ query, visible, caller }, { people }) => {
    const { app, since, until, ...rest } = query;
    const within = visible && { apps: [...visible], teams: ruledTeams(people, caller) };
    return people.audit({
      ...rest,
      within,
      appId: app === undefined ? undefined : appIdOf(people, app),
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    });
  }),
];

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
