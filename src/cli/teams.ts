import { listAudit } from "#api/audit.ts";
import {
  addTeam,
  grantAccess,
  listAccess,
  listMembers,
  listTeams,
  removeMember,
  removeTeam,
  revokeAccess,
  setMember,
  transferApp,
} from "#api/teams.ts";
import { addToken, listTokens, removeToken } from "#api/tokens.ts";
import { parseTarget } from "#domain/app.ts";
import { command, type Context } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { namedUser } from "./keys.ts";
import { moment } from "./moment.ts";

const appOf = ({ target }: Context): string => parseTarget(target).app;
const role = "viewer, deployer or admin";

export const teamCommands = [
  listCommand({
    usage: "teams",
    aliases: ["teams:list"],
    example: "teams",
    operation: listTeams,
    input: () => ({}),
    print: (teams, { out }) =>
      out.table(
        ["TEAM", "PEOPLE", "APPS"],
        teams.map(({ name, members, apps }) => [name, String(members), String(apps)]),
        "You are in no team.",
      ),
  }),
  command({
    usage: "teams:add <team>",
    example: "teams:add web",
    operation: addTeam,
    input: ({ args: [name = ""] }) => ({ body: { name } }),
    print({ name }, out) {
      out.line(`Made the team ${name}.`);
      out.note(`Put somebody into it: berth teams:grant ${name} ann deployer`);
    },
  }),
  command({
    usage: "teams:remove <team>",
    example: "teams:remove web",
    operation: removeTeam,
    input: ({ args: [team = ""] }) => ({ params: { team } }),
    print: ({ removed }, out) => out.line(`Removed the team ${removed}.`),
  }),
  listCommand({
    usage: "teams:members <team>",
    example: "teams:members web",
    operation: listMembers,
    input: ({ args: [team = ""] }) => ({ params: { team } }),
    print: (members, { out, args: [team = "TEAM"] }) =>
      out.table(
        ["NAME", "ROLE"],
        members.map((member) => [member.user, member.role]),
        `Nobody is in it. Put somebody into it: berth teams:grant ${team} ann deployer`,
      ),
  }),
  command({
    usage: "teams:grant <team> <name> <role>",
    summary: `Gives a person a role in a team: ${role}.`,
    example: "teams:grant web ann deployer",
    operation: setMember,
    input: ({ args: [team = "", user = "", given = ""] }) => ({
      params: { team, user },
      body: { role: given },
    }),
    print: (member, out, { args: [team = ""] }) =>
      out.line(`${member.user} is ${member.role} in ${team}.`),
  }),
  command({
    usage: "teams:revoke <team> <name>",
    example: "teams:revoke web ann",
    operation: removeMember,
    input: ({ args: [team = "", user = ""] }) => ({ params: { team, user } }),
    print: ({ removed }, out, { args: [team = ""] }) =>
      out.line(`${removed} is no longer in ${team}.`),
  }),
  listCommand({
    usage: "access",
    target: "needed",
    example: "access -a shop",
    operation: listAccess,
    input: (context) => ({ params: { app: appOf(context) } }),
    print: (people, { out }) =>
      out.table(
        ["NAME", "ROLE", "BY"],
        people.map((it) => [it.user, it.role, it.team === null ? "this app" : `team ${it.team}`]),
        "Only superusers. Let somebody in: berth access:grant ann viewer",
      ),
  }),
  command({
    usage: "access:grant <name> <role>",
    target: "needed",
    summary: `Gives a person a role with one app: ${role}.`,
    example: "access:grant ann deployer+reveal -a shop",
    operation: grantAccess,
    input: (context) => ({
      params: { app: appOf(context), user: context.args[0] ?? "" },
      body: { role: context.args[1] ?? "" },
    }),
    print: ({ user, role: given }, out, context) =>
      out.line(`${user} is ${given} of ${appOf(context)}.`),
  }),
  command({
    usage: "access:revoke <name>",
    target: "needed",
    example: "access:revoke ann -a shop",
    operation: revokeAccess,
    input: (context) => ({ params: { app: appOf(context), user: context.args[0] ?? "" } }),
    print: ({ removed }, out, context) =>
      out.line(`${removed} has no role of their own with ${appOf(context)} any more.`),
  }),
  command({
    usage: "apps:transfer <app> <team>",
    example: "apps:transfer shop web",
    operation: transferApp,
    input: ({ args: [app = "", team = ""] }) => ({ params: { app }, body: { team } }),
    print: ({ app, team }, out) => out.line(`${app} belongs to ${team} now.`),
  }),
];

export const tokenCommands = [
  listCommand({
    usage: "tokens",
    aliases: ["tokens:list"],
    example: "tokens",
    operation: listTokens,
    input: () => ({}),
    print: (tokens, { out }) =>
      out.table(
        ["TOKEN", "OWNER", "ROLE", "FOR", "UNTIL", "LAST USED"],
        tokens.map((token) => [
          token.name,
          token.user,
          token.role,
          token.app ?? (token.team === null ? "everything" : `team ${token.team}`),
          moment(token.expiresAt),
          token.lastUsedAt === null ? "never" : moment(token.lastUsedAt),
        ]),
        "No tokens yet. Make one: berth tokens:add ci --role deployer -a shop",
      ),
  }),
  command({
    usage: "tokens:add <name>",
    target: "optional",
    options: [
      { flags: "--role <role>", describe: "what it may do; viewer by default" },
      { flags: "--team <team>", describe: "only for this team" },
      { flags: "--days <number>", describe: "until it runs out; 90 by default" },
      { flags: "--user <name>", describe: "whose it is, when it is not your own" },
    ],
    example: "tokens:add ci --role deployer -a shop --days 30",
    operation: addToken,
    input: ({ args: [name = ""], options, target }) => ({
      body: {
        name,
        ...namedUser(options),
        ...(typeof options["role"] === "string" ? { role: options["role"] } : {}),
        ...(typeof options["team"] === "string" ? { team: options["team"] } : {}),
        ...(typeof options["days"] === "string" ? { days: Number(options["days"]) } : {}),
        ...(target === "" ? {} : { app: parseTarget(target).app }),
      },
    }),
    print({ token, secret }, out) {
      out.line(secret);
      out.note(`${token.name} is good until ${moment(token.expiresAt)}. It is shown this once.`);
    },
  }),
  command({
    usage: "tokens:remove <name>",
    options: [{ flags: "--user <name>", describe: "somebody else's" }],
    example: "tokens:remove ci",
    operation: removeToken,
    input: ({ args: [token = ""], options }) => ({
      params: { token },
      query: namedUser(options),
    }),
    print: ({ removed }, out) => out.line(`Removed ${removed}.`),
  }),
];

export const auditCommands = [
  listCommand({
    usage: "audit",
    target: "optional",
    isLong: true,
    example: "audit -a shop --outcome refused",
    operation: listAudit,
    input: ({ target }) => ({ query: target === "" ? {} : { target: parseTarget(target).app } }),
    print: (entries, { out }) =>
      out.table(
        ["AT", "WHO", "BY", "FROM", "WHAT", "TO", "OUTCOME", "CHANGED"],
        entries.map((entry) => [
          moment(entry.at),
          entry.actor,
          entry.door,
          entry.address ?? "-",
          entry.operation,
          entry.target ?? "-",
          entry.code ?? entry.outcome,
          entry.changes.join(", ") || "-",
        ]),
        "Nothing has been changed yet.",
      ),
  }),
];
