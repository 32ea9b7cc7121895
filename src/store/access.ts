import type { PeopleStore } from "#domain/people-store.ts";
import type { Token } from "#domain/token.ts";
import { grants, tokens } from "./access-schema.ts";
import { addRow, type Db } from "./database.ts";
import { and, asc, eq, gt, lte } from "./drizzle.ts";
import { links, members, teams, users } from "./people-schema.ts";
import { apps } from "./schema.ts";

export function accessRows(db: Db): Pick<PeopleStore, "members" | "grants" | "tokens" | "links"> {
  return {
    members: memberRows(db),
    grants: grantRows(db),
    tokens: tokenRows(db),
    links: linkRows(db),
  };
}

function memberRows(db: Db): PeopleStore["members"] {
  const isIt = (teamId: number, userId: string) =>
    and(eq(members.teamId, teamId), eq(members.userId, userId));
  return {
    of: (teamId) =>
      db
        .select({ userId: members.userId, user: users.name, role: members.role })
        .from(members)
        .innerJoin(users, eq(users.id, members.userId))
        .where(eq(members.teamId, teamId))
        .orderBy(asc(users.name))
        .all(),
    ofUser: (userId) =>
      db
        .select({ teamId: members.teamId, team: teams.name, role: members.role })
        .from(members)
        .innerJoin(teams, eq(teams.id, members.teamId))
        .where(eq(members.userId, userId))
        .orderBy(asc(teams.name))
        .all(),
    set: (teamId, userId, role) =>
      void db
        .insert(members)
        .values({ teamId, userId, role })
        .onConflictDoUpdate({ target: [members.teamId, members.userId], set: { role } })
        .run(),
    remove: (teamId, userId) => void db.delete(members).where(isIt(teamId, userId)).run(),
  };
}

function grantRows(db: Db): PeopleStore["grants"] {
  const isIt = (appId: number, userId: string) =>
    and(eq(grants.appId, appId), eq(grants.userId, userId));
  return {
    of: (appId) =>
      db
        .select({ userId: grants.userId, user: users.name, role: grants.role })
        .from(grants)
        .innerJoin(users, eq(users.id, grants.userId))
        .where(eq(grants.appId, appId))
        .orderBy(asc(users.name))
        .all(),
    ofUser: (userId) =>
      db
        .select({ app: { id: apps.id, teamId: apps.teamId }, name: apps.name, role: grants.role })
        .from(grants)
        .innerJoin(apps, eq(apps.id, grants.appId))
        .where(eq(grants.userId, userId))
        .orderBy(asc(apps.name))
        .all(),
    set: (appId, userId, role) =>
      void db
        .insert(grants)
        .values({ appId, userId, role })
        .onConflictDoUpdate({ target: [grants.appId, grants.userId], set: { role } })
        .run(),
    remove: (appId, userId) => void db.delete(grants).where(isIt(appId, userId)).run(),
  };
}

function tokenRows(db: Db): PeopleStore["tokens"] {
  const all = () =>
    db
      .select({ token: tokens, user: users.name, app: { name: apps.name, teamId: apps.teamId } })
      .from(tokens)
      .innerJoin(users, eq(users.id, tokens.userId))
      .leftJoin(apps, eq(apps.id, tokens.appId));
  const withHash = (hash: string) => tokenOf(all().where(eq(tokens.hash, hash)).get());
  return {
    list: (userId) =>
      all()
        .where(userId === null ? undefined : eq(tokens.userId, userId))
        .orderBy(asc(users.name), asc(tokens.name))
        .all()
        .map((row) => tokenOf(row)!),
    withHash,
    add: (row) => {
      addRow(db, (tx) => tx.insert(tokens).values(row).returning({ id: tokens.id }).get());
      return withHash(row.hash)!;
    },
    used: (id, at) => void db.update(tokens).set({ lastUsedAt: at }).where(eq(tokens.id, id)).run(),
    remove: (id) => void db.delete(tokens).where(eq(tokens.id, id)).run(),
  };
}

type Row = {
  readonly token: typeof tokens.$inferSelect;
  readonly user: string;
  readonly app: { readonly name: string; readonly teamId: number } | null;
};

function tokenOf(row: Row | undefined): Token | null {
  if (!row) return null;
  const { appId, ...token } = row.token;
  const app = row.app && appId !== null ? { ...row.app, id: appId } : null;
  return { ...token, app, user: row.user };
}

function linkRows(db: Db): PeopleStore["links"] {
  return {
    add: (link) =>
      db.transaction((tx) => {
        // At most one link of each person is good, and those that have run out are of no use.
        tx.delete(links).where(eq(links.userId, link.userId)).run();
        tx.insert(links).values(link).run();
      }),
    take: (hash, at) =>
      db.transaction(
        (tx) => {
          tx.delete(links).where(lte(links.expiresAt, at)).run();
          const isIt = and(eq(links.hash, hash), gt(links.expiresAt, at));
          const [taken] = tx.delete(links).where(isIt).returning().all();
          return taken?.userId ?? null;
        },
        { behavior: "immediate" },
      ),
    until: (userId) =>
      db.select().from(links).where(eq(links.userId, userId)).get()?.expiresAt ?? null,
  };
}
