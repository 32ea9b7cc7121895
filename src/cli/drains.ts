import { readFile } from "node:fs/promises";
import { addDrain, listDrains, removeDrain } from "#api/drains.ts";
import { PlatformError } from "#domain/errors.ts";
import { command, type Context } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { moment } from "./moment.ts";
import { bytes } from "./quantity.ts";

export const drainCommands = [
  listCommand({
    usage: "drains [app]",
    target: "argument",
    example: "drains -a shop",
    operation: listDrains,
    input: ({ target }) => ({ params: { target } }),
    print: (drains, { out, target }) =>
      out.table(
        ["DRAIN", "TO", "LAST TAKEN", "LINES", "WAITING", "PASSED OVER", "PROBLEM"],
        drains.map((it) => [
          String(it.id),
          it.url,
          it.lastSuccessAt === null ? "never" : moment(it.lastSuccessAt),
          String(it.sentLines),
          bytes(it.waitingBytes),
          bytes(it.skippedBytes),
          it.lastError ?? "-",
        ]),
        `The logs of ${target} are sent nowhere. Send them with berth drains:add URL -a ${target}`,
      ),
  }),
  command({
    usage: "drains:add <url>",
    target: "needed",
    options: [
      { flags: "--ca <file>", describe: "certificates to trust instead of the system's (PEM)" },
    ],
    example: "drains:add syslog+tls://logs.example.com:6514 -a shop",
    operation: addDrain,
    input: async (context) => ({
      params: { target: context.target },
      body: { url: context.args[0] ?? "", ...(await caOf(context)) },
    }),
    print: ({ url, target }, out) => {
      out.line(`The logs of ${target} are sent to ${url} from now on.`);
      out.note(`See how it goes: berth drains -a ${target}`);
    },
  }),
  command({
    usage: "drains:remove <drain>",
    target: "needed",
    example: "drains:remove 2 -a shop",
    operation: removeDrain,
    input: ({ target, args: [drain = ""] }) => ({ params: { target, drain } }),
    print: (_, out) => out.line("The logs are not sent there any more."),
  }),
];

async function caOf({ options, local }: Context): Promise<{ ca?: string }> {
  const { ca } = options;
  if (typeof ca !== "string") return {};
  if (!local) throw new PlatformError("not_permitted", { actor: "A session from elsewhere" });
  try {
    return { ca: await readFile(ca, "utf8") };
  } catch (error) {
    const problem = `${ca} cannot be read`;
    throw new PlatformError("invalid_input", { field: "--ca", problem }, { cause: error });
  }
}
