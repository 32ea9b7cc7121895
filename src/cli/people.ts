import { listSessions, endSession, whoAmI } from "#api/account.ts";
import { addUser, changeUser, createLink, listUsers, removeUser } from "#api/users.ts";
import type { CallerView, SignInLinkView } from "#api/people-views.ts";
import { command } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { namedUser } from "./keys.ts";
import { moment } from "./moment.ts";
import type { Output } from "./output.ts";

export const peopleCommands = [
  command({
    usage: "whoami",
    example: "whoami",
    operation: whoAmI,
    input: () => ({}),
    print: printCaller,
  }),
  listCommand({
    usage: "users",
    aliases: ["users:list"],
    example: "users",
    operation: listUsers,
    input: () => ({}),
    print: (users, { out }) =>
      out.table(
        ["NAME", "MAY", "SIGNS IN WITH", "TEAMS", "ADDRESS"],
        users.map((user) => [
          user.name,
          user.superuser ? "everything" : "by role",
          signInsOf(user),
          user.teams.map(({ team, role }) => `${team}:${role}`).join(" ") || "-",
          user.email ?? "-",
        ]),
        "Nobody yet. Add somebody: berth users:add ann",
      ),
  }),
  command({
    usage: "users:add <name>",
    options: [
      { flags: "--email <address>", describe: "by which a company's sign-on knows them" },
      { flags: "--superuser", describe: "may do everything" },
      { flags: "--team <team>", describe: "team to put them into" },
      { flags: "--role <role>", describe: "role in that team; deployer by default" },
    ],
    example: "users:add ann --team web --role deployer",
    operation: addUser,
    input: ({ args: [name = ""], options }) => ({
      body: {
        name,
        superuser: options["superuser"] === true,
        ...textsOf(options, ["email", "team", "role"]),
      },
    }),
    print: ({ user, link }, out) => {
      out.note(`Added ${user.name}. Send them this link; it signs in once:`);
      printLink(link, out);
    },
  }),
  command({
    usage: "users:link <name>",
    aliases: ["sign-in"],
    options: [{ flags: "--forget", describe: "take a lost password and second factor away" }],
    example: "users:link ann",
    operation: createLink,
    input: ({ args: [user = ""], options }) => ({
      params: { user },
      body: { forget: options["forget"] === true },
    }),
    print: printLink,
  }),
  command({
    usage: "users:change <name>",
    options: [
      { flags: "--email <address>", describe: "by which a company's sign-on knows them" },
      { flags: "--superuser", describe: "may do everything" },
      { flags: "--no-superuser", describe: "may do what their roles say" },
    ],
    example: "users:change ann --no-superuser",
    operation: changeUser,
    input: ({ args: [user = ""], options }) => ({
      params: { user },
      body: {
        ...textsOf(options, ["email"]),
        ...(typeof options["superuser"] === "boolean" ? { superuser: options["superuser"] } : {}),
      },
    }),
    print: ({ name, email, superuser }, out) =>
      out.line(
        `${name} (${email ?? "no address"}) may do ${superuser ? "everything" : "what their roles say"}.`,
      ),
  }),
  command({
    usage: "users:remove <name>",
    example: "users:remove ann",
    operation: removeUser,
    input: ({ args: [user = ""] }) => ({ params: { user } }),
    print: ({ removed }, out) =>
      out.line(`Removed ${removed}, with their sessions, keys and tokens.`),
  }),
  listCommand({
    usage: "sessions",
    example: "sessions",
    operation: listSessions,
    input: () => ({}),
    print: (sessions, { out }) =>
      out.table(
        ["SESSION", "WHO", "FROM", "BROWSER", "SINCE", "UNTIL"],
        sessions.map((session) => [
          session.id,
          session.isThis ? `${session.user} (this one)` : session.user,
          session.address ?? "-",
          session.userAgent?.slice(0, 40) ?? "-",
          moment(session.createdAt),
          moment(session.expiresAt),
        ]),
        "Nobody is signed in.",
      ),
  }),
  command({
    usage: "sessions:end <session>",
    summary: "Ends a session at once; others ends all but the one that asks.",
    options: [{ flags: "--user <name>", describe: "somebody else's" }],
    example: "sessions:end others",
    operation: endSession,
    input: ({ args: [session = ""], options }) => ({
      params: { session },
      query: namedUser(options),
    }),
    print: ({ ended }, out) => out.line(`Ended: ${ended}.`),
  }),
];

function signInsOf(user: {
  readonly password: boolean;
  readonly twoFactor: boolean;
  readonly passkeys: number;
  readonly signOn: boolean;
}): string {
  const ways = [
    ...(user.password ? [user.twoFactor ? "password and code" : "password"] : []),
    ...(user.passkeys > 0 ? ["passkey"] : []),
    ...(user.signOn ? ["sign-on"] : []),
  ];
  return ways.join(", ") || "a link";
}

function printLink({ url, expiresAt }: SignInLinkView, out: Output): void {
  out.line(url);
  out.note(`It is good once, until ${moment(expiresAt)}.`);
}

function printCaller(caller: CallerView, out: Output): void {
  out.line(`You are   ${caller.actor}, by ${caller.door}`);
  if (caller.superuser) out.line("You may   do everything");
  else if (caller.everywhere.length > 0) out.line(`You may   ${caller.everywhere.join(", ")}`);
  for (const { team, rights } of caller.teams) out.line(`Team      ${team}: ${rights.join(", ")}`);
  for (const { app, rights } of caller.apps) out.line(`App       ${app}: ${rights.join(", ")}`);
}

function textsOf(
  options: Readonly<Record<string, string | boolean | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const given = names.map((name) => [name, options[name]]);
  return Object.fromEntries(given.filter(([, value]) => typeof value === "string"));
}
