import type { AuditOutcome, Facts } from "#domain/audit.ts";
import type { Door } from "#domain/door.ts";
import { id, time } from "./columns.ts";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "./drizzle.ts";
import { teams, users } from "./people-schema.ts";
import { apps } from "./schema.ts";

const userId = () =>
  text("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });

/** What a person may do with one app, beside what they may as a member of its team. */
export const grants = sqliteTable(
  "grants",
  {
    appId: integer("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    userId: userId(),
    role: text("role").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.appId, table.userId] }),
    index("grants_by_user").on(table.userId),
  ],
);

export const tokens = sqliteTable(
  "tokens",
  {
    id: id(),
    name: text("name").notNull(),
    userId: userId(),
    hash: text("hash").notNull().unique(),
    role: text("role").notNull(),
    teamId: integer("team_id").references(() => teams.id, { onDelete: "cascade" }),
    appId: integer("app_id").references(() => apps.id, { onDelete: "cascade" }),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at").notNull(),
    lastUsedAt: time("last_used_at"),
  },
  (table) => [uniqueIndex("tokens_by_name").on(table.userId, table.name)],
);

/** Names nothing by reference: what is noted here outlives what it speaks of. */
export const audit = sqliteTable(
  "audit",
  {
    id: id(),
    at: time("at").notNull(),
    actor: text("actor").notNull(),
    userId: text("user_id"),
    door: text("door").$type<Door>().notNull(),
    address: text("address"),
    operation: text("operation").notNull(),
    target: text("target"),
    appId: integer("app_id"),
    teamId: integer("team_id"),
    input: text("input", { mode: "json" }).$type<Facts>().notNull(),
    before: text("before", { mode: "json" }).$type<Facts>().notNull(),
    after: text("after", { mode: "json" }).$type<Facts>().notNull(),
    outcome: text("outcome").$type<AuditOutcome>().notNull(),
    code: text("code"),
  },
  (table) => [
    index("audit_by_app").on(table.appId),
    index("audit_by_actor").on(table.actor),
    index("audit_by_operation").on(table.operation),
    index("audit_by_time").on(table.at),
  ],
);
