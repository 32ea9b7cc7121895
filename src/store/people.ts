import type { PeopleStore } from "#domain/people-store.ts";
import { accessRows } from "./access.ts";
import type { Db } from "./database.ts";
import { auditRows } from "./audit.ts";
import { asc, eq, count, gt, and, desc } from "./drizzle.ts";
import { accounts, passkeys, sessions, teams, users } from "./people-schema.ts";
import { addressOf, emailOf, type User } from "#domain/user.ts";
import { addRow } from "./database.ts";

export function peopleRows(db: Db): PeopleStore {
  return {
    users: userRows(db),
    sessions: sessionRows(db),
    teams: teamRows(db),
    ...accessRows(db),
    audit: auditRows(db),
  };
}

function userRows(db: Db): PeopleStore["users"] {
  const get = (id: string) => userOf(db.select().from(users).where(eq(users.id, id)).get());
  return {
    list: () =>
      db
        .select()
        .from(users)
        .orderBy(asc(users.name))
        .all()
        .map((row) => userOf(row)!),
    get,
    named: (name) => userOf(db.select().from(users).where(eq(users.name, name)).get()),
    withEmail: (email) => userOf(db.select().from(users).where(eq(users.email, email)).get()),
    add: ({ name, email, superuser, createdAt }) => {
      const row = { id: crypto.randomUUID(), name, email: addressOf(name, email), superuser };
      // Whoever adds people vouches for their addresses.
      const values = { ...row, emailVerified: true, createdAt, updatedAt: createdAt };
      return userOf(addRow(db, (tx) => tx.insert(users).values(values).returning().get()))!;
    },
    update: (id, { email, ...patch }) => {
      const name = get(id)?.name ?? "";
      const address = email === undefined ? {} : { email: addressOf(name, email) };
      const values = { ...patch, ...address };
      if (Object.values(values).every((value) => value === undefined)) return;
      db.update(users).set(values).where(eq(users.id, id)).run();
    },
    remove: (id) => void db.delete(users).where(eq(users.id, id)).run(),
    signIns: (id) => {
      const mine = db.select().from(accounts).where(eq(accounts.userId, id)).all();
      const keys = db
        .select({ count: count() })
        .from(passkeys)
        .where(eq(passkeys.userId, id))
        .get();
      const password = mine.find((it) => it.password !== null);
      return {
        password: password !== undefined,
        passwordAt: password?.updatedAt ?? null,
        passkeys: keys?.count ?? 0,
        signOn: mine.some((it) => it.password === null),
      };
    },
  };
}

function userOf(row: typeof users.$inferSelect | undefined): User | null {
  if (!row) return null;
  const { id, name, superuser, createdAt } = row;
  const twoFactor = row.twoFactorEnabled ?? false;
  return { id, name, superuser, twoFactor, createdAt, email: emailOf(row.email) };
}

function sessionRows(db: Db): PeopleStore["sessions"] {
  return {
    list: (userId, at) =>
      db
        .select({
          id: sessions.id,
          userId: sessions.userId,
          user: users.name,
          address: sessions.ipAddress,
          userAgent: sessions.userAgent,
          createdAt: sessions.createdAt,
          expiresAt: sessions.expiresAt,
        })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(
          and(
            gt(sessions.expiresAt, at),
            userId === null ? undefined : eq(sessions.userId, userId),
          ),
        )
        .orderBy(desc(sessions.createdAt))
        .all(),
    remove: (id) => void db.delete(sessions).where(eq(sessions.id, id)).run(),
  };
}

function teamRows(db: Db): PeopleStore["teams"] {
  return {
    list: () => db.select().from(teams).orderBy(asc(teams.name)).all(),
    get: (id) => db.select().from(teams).where(eq(teams.id, id)).get() ?? null,
    named: (name) => db.select().from(teams).where(eq(teams.name, name)).get() ?? null,
    add: (team) => addRow(db, (tx) => tx.insert(teams).values(team).returning().get()),
    remove: (id) => void db.delete(teams).where(eq(teams.id, id)).run(),
  };
}
