import type { Door } from "./door.ts";
import { rightsOf, type Right } from "./rights.ts";

type Rights = ReadonlySet<Right>;
export type AppRef = { readonly id: number; readonly teamId: number };

/** What somebody may do, and where. */
export type Access = {
  /** With every app, every team and the installation itself. */
  readonly everywhere: Rights;
  /** With the apps of a team, and with the team, by its id. */
  readonly teams: ReadonlyMap<number, Rights>;
  /** With one app, by its id. */
  readonly apps: ReadonlyMap<number, AppRef & { readonly rights: Rights }>;
};

/** Who asks, and how they came in. */
export type Caller = {
  /** `machine` is whoever administers this machine: root, Berth's account, or its token. */
  readonly kind: "user" | "token" | "key" | "machine";
  /** How events name them. */
  readonly actor: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly door: Door;
  /** The network address that they came from; null on the machine itself. */
  readonly address: string | null;
  readonly access: Access;
};

const none: Rights = new Set();

export const noAccess: Access = { everywhere: none, teams: new Map(), apps: new Map() };
export const fullAccess: Access = { ...noAccess, everywhere: rightsOf("admin") };

/** What somebody may do with an app: what they may everywhere, in its team, and with itself. */
export function rightsOn({ everywhere, teams, apps }: Access, app: AppRef): Rights {
  return everywhere.union(teams.get(app.teamId) ?? none).union(apps.get(app.id)?.rights ?? none);
}

/** What somebody may do with a team: its members are who may see it, its admins rule it. */
export function rightsInTeam({ everywhere, teams }: Access, teamId: number): Rights {
  return everywhere.union(teams.get(teamId) ?? none);
}

export function isSuperuser({ access }: Pick<Caller, "access">): boolean {
  return access.everywhere.has("admin");
}

/** What a token is for; null for neither means all that its owner may reach. */
export type Scope = {
  readonly role: string;
  readonly teamId: number | null;
  readonly app: AppRef | null;
};

/** An owner's access cut down to a token's scope: never more than the owner has. */
export function narrowed(owner: Access, { role, teamId, app }: Scope): Access {
  const wanted = rightsOf(role);
  if (app) {
    const rights = rightsOn(owner, app).intersection(wanted);
    return { ...noAccess, apps: new Map([[app.id, { ...app, rights }]]) };
  }
  const appsThere = [...owner.apps].filter(([, it]) => teamId === null || it.teamId === teamId);
  const apps = new Map(
    appsThere.map(([id, it]) => [id, { ...it, rights: it.rights.intersection(wanted) }]),
  );
  if (teamId !== null) {
    const rights = rightsInTeam(owner, teamId).intersection(wanted);
    return { ...noAccess, teams: new Map([[teamId, rights]]), apps };
  }
  const teams = new Map([...owner.teams].map(([id, its]) => [id, its.intersection(wanted)]));
  return { everywhere: owner.everywhere.intersection(wanted), teams, apps };
}
