import { z } from "zod";
import { auditOutcomes } from "#domain/audit.ts";
import { doors } from "#domain/door.ts";
import { rights } from "#domain/rights.ts";
import { Timestamp } from "./views.ts";

const RoleText = z.string().describe("Such as deployer, or deployer+reveal.");

export const UserView = z.object({
  name: z.string(),
  email: z.string().nullable(),
  superuser: z.boolean(),
  password: z.boolean().describe("Has set one."),
  twoFactor: z.boolean().describe("Is asked for a code after the password."),
  passkeys: z.int().describe("How many."),
  signOn: z.boolean().describe("Has come in through the company's sign-on."),
  teams: z.array(z.object({ team: z.string(), role: RoleText })),
  apps: z.array(z.object({ app: z.string(), role: RoleText })).describe("Granted one by one."),
  createdAt: Timestamp,
});
export type UserView = z.infer<typeof UserView>;

export const SignInLinkView = z.object({
  url: z.string().describe("Opens the console signed in, once."),
  expiresAt: Timestamp,
});
export type SignInLinkView = z.infer<typeof SignInLinkView>;

export const CallerView = z.object({
  actor: z.string().describe("How events name you."),
  kind: z.enum(["user", "token", "key", "machine"]),
  door: z.enum(doors),
  superuser: z.boolean(),
  user: UserView.nullable().describe("The person; null on the machine itself."),
  everywhere: z.array(z.enum(rights)).describe("Rights on every app and on the installation."),
  teams: z.array(z.object({ team: z.string(), rights: z.array(z.enum(rights)) })),
  apps: z
    .array(z.object({ app: z.string(), rights: z.array(z.enum(rights)) }))
    .describe(
      "All that you may see, with what you may do there; not listed one by one for superusers.",
    ),
});
export type CallerView = z.infer<typeof CallerView>;

export const SessionView = z.object({
  id: z.string(),
  user: z.string(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  isThis: z.boolean().describe("The one that asks."),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export type SessionView = z.infer<typeof SessionView>;

export const TeamView = z.object({
  name: z.string(),
  members: z.int(),
  apps: z.int(),
  createdAt: Timestamp,
});
export type TeamView = z.infer<typeof TeamView>;

export const MemberView = z.object({ user: z.string(), role: RoleText });

export const AppAccessView = z.object({
  user: z.string(),
  role: RoleText,
  team: z.string().nullable().describe("The team that gives it; null when granted for this app."),
});

export const TokenView = z.object({
  name: z.string(),
  user: z.string(),
  role: RoleText,
  app: z.string().nullable().describe("The only app that it is for."),
  team: z.string().nullable().describe("The only team that it is for."),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  lastUsedAt: Timestamp.nullable(),
});
export type TokenView = z.infer<typeof TokenView>;

const FactsView = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const AuditView = z.object({
  id: z.int(),
  at: Timestamp,
  actor: z.string(),
  door: z.enum(doors),
  address: z.string().nullable(),
  operation: z.string(),
  target: z.string().nullable(),
  input: FactsView.describe("What was given, without secrets."),
  before: FactsView.describe("What was so, as far as it changed at once; a job notes the rest."),
  after: FactsView.describe("What is so since."),
  changes: z
    .array(z.string())
    .describe("The same in words, such as `release: 4 → 5`; else what was asked for."),
  outcome: z.enum(auditOutcomes),
  code: z.string().nullable().describe("The error when it was refused or failed."),
});
export type AuditView = z.infer<typeof AuditView>;
