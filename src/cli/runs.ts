import { prepareCustomCommands, prepareRun } from "#api/runs.ts";
import { attach } from "./attach.ts";
import { action, type Context } from "./command.ts";
import { commandLineOf } from "./words.ts";

export const runCommands = [
  action({
    usage: "run <command...>",
    target: "needed",
    summary: "Runs a one-off command in the sandbox of the current release.",
    passThrough: true,
    example: "run -a shop -- node --version",
    run: runOnce,
  }),
  action({
    usage: "custom_cmds <repo> <branch> <command...>",
    summary: "Runs commands that the configuration names under custom_cmds.",
    example: "custom_cmds shop main migrate",
    run: runCustomCommands,
  }),
];

async function runOnce(context: Context): Promise<number> {
  const { client, target, args } = context;
  const body = { command: commandLineOf(args) };
  return attach(await client(prepareRun, { params: { target }, body }), context);
}

/** One after another; the first that fails is the last. */
async function runCustomCommands(context: Context): Promise<number> {
  const [repo = "", branch = "", ...names] = context.args;
  const input = { params: { target: `${repo}@${branch}` }, body: { names } };
  for (const prepared of await context.client(prepareCustomCommands, input)) {
    const code = await attach(prepared, context);
    if (code !== 0) return code;
  }
  return 0;
}
