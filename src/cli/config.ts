import { changeConfigVars, listConfigVars, revealConfigVars } from "#api/config.ts";
import type { ConfigVarView } from "#api/views.ts";
import { PlatformError } from "#domain/errors.ts";
import { action, jobCommand, type Context } from "./command.ts";
import { readHidden } from "./hidden-input.ts";
import { jobsOf } from "./job-output.ts";
import { everyItem } from "./pages.ts";
import { parsePairs } from "./words.ts";

const reveal = { flags: "--reveal", describe: "show the values of secrets; that is noted" };
const hidden = "[secret]";

export const configCommands = [
  action({
    usage: "config [app]",
    target: "argument",
    summary: "Lists the config vars of a branch.",
    example: "config -a shop",
    options: [reveal],
    run: list,
  }),
  action({
    usage: "config:get <name>",
    target: "needed",
    summary: "Prints the value of one config var.",
    example: "config:get DATABASE_URL -a shop",
    options: [reveal],
    run: get,
  }),
  jobCommand({
    usage: "config:set <NAME=value...>",
    target: "needed",
    summary: "Sets config vars; releases at once when deployed.",
    example: "config:set GREETING=hello -a shop",
    options: [
      {
        flags: "--secret",
        describe: "keep the values secret; NAME alone is asked for, or read from the input",
      },
    ],
    operation: changeConfigVars,
    input: async (context) => ({
      params: { target: context.target },
      body: context.options["secret"] === true ? await secrets(context) : parsePairs(context.args),
    }),
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

async function list({ client, out, target, options }: Context): Promise<void> {
  const vars = await everyItem(client, listConfigVars, { params: { target } });
  const shown =
    options["reveal"] === true
      ? await client(revealConfigVars, { params: { target }, body: {} })
      : {};
  const valueOf = ({ name, value }: ConfigVarView) => value ?? shown[name] ?? null;
  if (out.json) return out.value(vars.map((it) => ({ ...it, value: valueOf(it) })));
  out.table(
    ["NAME", "VALUE"],
    vars.map((it) => [it.name, valueOf(it) ?? hidden]),
    `${target} has no config vars. Set one: berth config:set NAME=value -a ${target}`,
  );
}

async function get({ client, out, target, args, options }: Context): Promise<void> {
  const [name = ""] = args;
  const found = await (options["reveal"] === true
    ? client(revealConfigVars, { params: { target }, body: { names: [name] } }).then(
        (values) => values[name],
      )
    : listed());
  if (found === undefined) throw new PlatformError("config_var_not_found", { target, name });
  if (out.json) out.value(found);
  else out.exact(found);

  async function listed(): Promise<string | undefined> {
    const vars = await everyItem(client, listConfigVars, { params: { target } });
    const configVar = vars.find((it) => it.name === name);
    if (configVar?.secret) throw new PlatformError("secret_hidden", { target, name });
    return configVar?.value ?? undefined;
  }
}

/** `NAME=value` as it is; for a NAME alone the value comes from where no list of processes shows it. */
async function secrets({ args, stdin, out }: Context): Promise<Record<string, { secret: string }>> {
  const asked = args.filter((word) => !word.includes("="));
  if (asked.length > 1) {
    const problem = "only one value can be read from the input; name the others as NAME=value";
    throw new PlatformError("invalid_input", { field: asked.join(" "), problem });
  }
  const pairs = parsePairs(args.filter((word) => word.includes("=")));
  for (const name of asked) {
    const value = await readHidden(stdin, `Value of ${name}`, out.note);
    if (value === "") {
      const problem = `no value was given; write ${name}= for one that is empty`;
      throw new PlatformError("invalid_input", { field: name, problem });
    }
    pairs[name] = value;
  }
  return Object.fromEntries(Object.entries(pairs).map(([name, secret]) => [name, { secret }]));
}
