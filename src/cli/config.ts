import { changeConfigVars, listConfigVars } from "#api/config.ts";
import { PlatformError } from "#domain/errors.ts";
import { command, jobCommand, type Context } from "./command.ts";
import { jobsOf } from "./job-output.ts";
import { parsePairs } from "./words.ts";

export const configCommands = [
  command({
    usage: "config [app]",
    target: "argument",
    example: "config -a shop",
    operation: listConfigVars,
    input: ({ target }) => ({ params: { target } }),
    print: (configVars, out, { target }) =>
      out.table(
        ["NAME", "VALUE"],
        Object.entries(configVars).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        `${target} has no config vars. Set one: berth config:set NAME=value -a ${target}`,
      ),
  }),
  command({
    usage: "config:get <name>",
    target: "needed",
    summary: "Prints the value of one config var.",
    example: "config:get DATABASE_URL -a shop",
    operation: listConfigVars,
    input: ({ target }) => ({ params: { target } }),
    print: (configVars, out, context) => out.exact(valueIn(configVars, context)),
  }),
  jobCommand({
    usage: "config:set <NAME=value...>",
    target: "needed",
    summary: "Sets config vars; releases at once when deployed.",
    example: "config:set GREETING=hello -a shop",
    operation: changeConfigVars,
    input: ({ target, args }) => ({ params: { target }, body: parsePairs(args) }),
    jobs: jobsOf,
  }),
  jobCommand({
    usage: "config:unset <name...>",
    target: "needed",
    summary: "Removes config vars; releases at once when deployed.",
    example: "config:unset GREETING -a shop",
    operation: changeConfigVars,
    input: ({ target, args }) => ({
      params: { target },
      body: Object.fromEntries(args.map((name) => [name, null])),
    }),
    jobs: jobsOf,
  }),
];

function valueIn(configVars: Readonly<Record<string, string>>, context: Context): string {
  const [name = ""] = context.args;
  const value = Object.hasOwn(configVars, name) ? configVars[name] : undefined;
  if (value !== undefined) return value;
  throw new PlatformError("config_var_not_found", { target: context.target, name });
}
