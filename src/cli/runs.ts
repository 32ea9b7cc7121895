import { createRun, listCustomCommands, sessionPathOf } from "#api/runs.ts";
import { attach, exitCodeOf, terminalOf } from "./attach.ts";
import { action, type Context } from "./command.ts";
import { commandLineOf } from "./words.ts";

export const runCommands = [
  action({
    usage: "run <command...>",
    target: "needed",
    summary: "Runs a one-off command in the sandbox of the current release.",
    passThrough: true,
    example: "run -a shop -- node --version",
    run: async (context) => runOnce(context, commandLineOf(context.args)),
  }),
  action({
    usage: "custom_cmds <repo> <branch> <command...>",
    summary: "Runs commands that the configuration names under custom_cmds.",
    example: "custom_cmds shop main migrate",
    run: runCustomCommands,
  }),
];

async function runOnce(context: Context, command: string): Promise<number> {
  const { client, target, connect, out } = context;
  const body = { command, terminal: terminalOf(context) };
  const run = await client(createRun, { params: { target }, body });
  const outcome = await attach(await connect(sessionPathOf(run)), context);
  if (outcome.outOfMemory === true)
    out.note(`It ran out of memory. How to allow more: berth jobs:info ${run.job}`);
  return exitCodeOf(outcome);
}

/** One after another; the first that fails is the last. */
async function runCustomCommands(context: Context): Promise<number> {
  const [repo = "", branch = "", ...names] = context.args;
  const target = `${repo}@${branch}`;
  const input = { params: { target }, body: { names } };
  for (const { command } of await context.client(listCustomCommands, input)) {
    const code = await runOnce({ ...context, target }, command);
    if (code !== 0) return code;
  }
  return 0;
}
