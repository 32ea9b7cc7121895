import type { App } from "#domain/app.ts";
import { PlatformError } from "#domain/errors.ts";
import { firstTeamId, type Team } from "#domain/team.ts";
import type { Membership } from "#domain/user.ts";
import { requireRoom, teamNamed } from "../targets.ts";
import type { PeopleContext } from "./people.ts";
import { userNamed } from "./users.ts";

export type TeamInfo = Team & { readonly members: number; readonly apps: number };

export function listTeams({ store }: PeopleContext): TeamInfo[] {
  const apps = store.apps.list();
  return store.people.teams.list().map((team) => ({
    ...team,
    members: store.people.members.of(team.id).length,
    apps: apps.filter(({ teamId }) => teamId === team.id).length,
  }));
}

/** @throws {PlatformError} `team_exists` */
export function addTeam({ store, clock }: PeopleContext, name: string): TeamInfo {
  return store.transaction(() => {
    if (store.people.teams.named(name)) throw new PlatformError("team_exists", { team: name });
    const team = store.people.teams.add({ name, createdAt: clock.now() });
    return { ...team, members: 0, apps: 0 };
  });
}

/** @throws {PlatformError} `team_not_found`, `team_in_use` */
export function removeTeam(context: PeopleContext, name: string): void {
  const { store } = context;
  store.transaction(() => {
    const { id } = teamNamed(context.store, name);
    const apps = [...store.apps.list(), ...store.apps.destroying()];
    const own = apps.filter(({ teamId }) => teamId === id);
    if (own.length > 0) {
      const problem = `owns ${own.map((app) => app.name).join(", ")}`;
      throw new PlatformError("team_in_use", { team: name, problem });
    }
    if (id === firstTeamId) {
      const problem = "owns the apps of configuration files";
      throw new PlatformError("team_in_use", { team: name, problem });
    }
    store.people.teams.remove(id);
  });
}

/** @throws {PlatformError} `team_not_found` */
export function listMembers(context: PeopleContext, team: string): Membership[] {
  return context.store.people.members.of(teamNamed(context.store, team).id);
}

/** A role of null takes a person out. @throws {PlatformError} `user_not_found`, `no_access` */
export function setMember(
  context: PeopleContext,
  asked: { readonly team: string; readonly user: string; readonly role: string | null },
): void {
  const { members } = context.store.people;
  const team = teamNamed(context.store, asked.team);
  const user = userNamed(context, asked.user);
  if (asked.role !== null) return members.set(team.id, user.id, asked.role);
  if (!members.of(team.id).some(({ userId }) => userId === user.id)) {
    throw new PlatformError("no_access", { user: user.name, what: `the team ${team.name}` });
  }
  members.remove(team.id, user.id);
}

/** A role of null takes what was granted for this app alone. @throws {PlatformError} `no_access` */
export function setGrant(
  context: PeopleContext,
  asked: { readonly app: string; readonly user: string; readonly role: string | null },
): void {
  const { grants } = context.store.people;
  const app = appNamed(context, asked.app);
  const user = userNamed(context, asked.user);
  if (asked.role !== null) return grants.set(app.id, user.id, asked.role);
  if (!grants.of(app.id).some(({ userId }) => userId === user.id)) {
    throw new PlatformError("no_access", { user: user.name, what: app.name });
  }
  grants.remove(app.id, user.id);
}

/** Who may do what with an app, and by what. */
export type AppAccess = {
  readonly user: string;
  readonly role: string;
  /** The team that gives it; null when it was granted for this app alone. */
  readonly team: string | null;
};

export function listAccess({ store }: PeopleContext, name: string): AppAccess[] {
  const app = appNamed({ store }, name);
  const team = store.people.teams.get(app.teamId);
  const bare = ({ user, role }: Membership) => ({ user, role });
  return [
    ...store.people.members.of(app.teamId).map((it) => ({ ...bare(it), team: team?.name ?? null })),
    ...store.people.grants.of(app.id).map((it) => ({ ...bare(it), team: null })),
  ];
}

/** Hands an app to another team. @throws {PlatformError} `app_not_found`, `too_many_apps` */
export function transferApp(
  context: PeopleContext,
  asked: { readonly app: string; readonly teamId: number; readonly actor: string },
): void {
  const { store, clock, door } = context;
  store.transaction(() => {
    const app = appNamed(context, asked.app);
    const team = store.people.teams.get(asked.teamId);
    if (app.teamId !== asked.teamId) requireRoom(store, asked.teamId, context.teamAppsMax());
    store.apps.update(app.id, { teamId: asked.teamId });
    store.events.add({
      at: clock.now(),
      type: "app.transferred",
      appId: app.id,
      target: app.name,
      actor: asked.actor,
      door,
      message: `${app.name} belongs to the team ${team?.name ?? ""} now.`,
    });
  });
}

function appNamed({ store }: Pick<PeopleContext, "store">, name: string): App {
  const app = store.apps.named(name);
  if (!app) throw new PlatformError("app_not_found", { app: name });
  return app;
}
