import {
  addNotification,
  listNotifications,
  removeNotification,
  setNotification,
  testNotification,
} from "#api/notifications.ts";
import { eventCatalog, type EventType } from "#domain/events.ts";
import { PlatformError } from "#domain/errors.ts";
import { command, type Context } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { moment } from "./moment.ts";

const team = { flags: "--team <name>", describe: "of all apps of a team, instead of -a" };
const events = { flags: "--events <types>", describe: "which events, with commas between" };

export const notificationCommands = [
  listCommand({
    usage: "notifications",
    target: "optional",
    example: "notifications -a shop",
    operation: listNotifications,
    input: (context) => ({ query: whose(context) }),
    print: (notifications, { out, target, options }) =>
      out.table(
        ["NOTIFICATION", "KIND", "TO", "LAST TAKEN", "WAITING", "EVENTS", "PROBLEM"],
        notifications.map((it) => [
          String(it.id),
          it.kind,
          it.address,
          it.lastSuccessAt === null ? "never" : moment(it.lastSuccessAt),
          String(it.waiting),
          it.events.join(","),
          it.lastError ?? "-",
        ]),
        `Nobody is told of ${target || options["team"] || "the installation"} yet. Add somebody with berth notifications:add`,
      ),
  }),
  command({
    usage: "notifications:add <address>",
    target: "optional",
    options: [{ flags: "--chat", describe: "the URL is a chat's incoming webhook" }, team, events],
    example: "notifications:add https://example.com/hook -a shop",
    operation: addNotification,
    input: (context) => ({
      body: { ...whose(context), ...addressOf(context), ...eventsOf(context) },
    }),
    print: ({ notification, signingSecret }, out) => {
      out.line(`${notification.address} is told of ${notification.events.join(", ")}.`);
      if (signingSecret !== null) {
        out.note("Each request is signed with this secret, which is shown only now:");
        out.line(signingSecret);
      }
      const { id, target, team: its } = notification;
      const app = target === null ? "" : ` -a ${target}`;
      const ofTeam = its === null ? "" : ` --team ${its}`;
      out.note(`Try it: berth notifications:test ${id}${app}${ofTeam}`);
    },
  }),
  command({
    usage: "notifications:set <notification>",
    target: "optional",
    options: [
      { flags: "--address <address>", describe: "where it is told from now on" },
      events,
      team,
    ],
    example: "notifications:set 3 --events deploy.failed,disk.low -a shop",
    operation: setNotification,
    input: (context) => {
      const { address } = context.options;
      const body = { ...(typeof address === "string" ? { address } : {}), ...eventsOf(context) };
      return { ...named(context), body };
    },
    print: ({ address, events: types }, out) =>
      out.line(`${address} is told of ${types.join(", ")}.`),
  }),
  command({
    usage: "notifications:remove <notification>",
    target: "optional",
    options: [team],
    example: "notifications:remove 3 -a shop",
    operation: removeNotification,
    input: named,
    print: (_, out) => out.line("It is told nothing any more."),
  }),
  command({
    usage: "notifications:test <notification>",
    target: "optional",
    options: [team],
    example: "notifications:test 3 -a shop",
    operation: testNotification,
    input: named,
    print: (_, out) => out.line("The test message was taken."),
  }),
];

function whose({ target, options }: Context): { target?: string; team?: string } {
  const { team: its } = options;
  return {
    ...(target === "" ? {} : { target }),
    ...(typeof its === "string" ? { team: its } : {}),
  };
}

function named(context: Context) {
  const [notification = ""] = context.args;
  return { params: { notification }, query: whose(context) };
}

function addressOf({ args: [address = ""], options }: Context) {
  const isUrl = /^https?:\/\//.test(address);
  const kind = options["chat"]
    ? ("chat" as const)
    : isUrl
      ? ("webhook" as const)
      : ("mail" as const);
  return { address, kind };
}

function eventsOf({ options: { events: text } }: Context): { events?: EventType[] } {
  if (typeof text !== "string") return {};
  const types = text.split(",");
  const unknown = types.find((it) => !Object.hasOwn(eventCatalog, it));
  // All of them stand in the catalogue.
  if (unknown === undefined) return { events: types as EventType[] };
  const problem = `there is no event ${unknown}; docs/reference/events.md lists them`;
  throw new PlatformError("invalid_input", { field: "--events", problem });
}
