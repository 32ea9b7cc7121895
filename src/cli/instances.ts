import { listInstances, restart, scale, startBranch, stopBranch } from "#api/instances.ts";
import { appInfo } from "#api/apps.ts";
import { releaseInfo } from "#api/releases.ts";
import type { InstanceView } from "#api/views.ts";
import { describeExit } from "#domain/instance.ts";
import { whyNothingRuns } from "#domain/nothing-runs.ts";
import { parseTarget } from "#domain/app.ts";
import { jobCommand, type Context } from "./command.ts";
import { jobsOf } from "./job-output.ts";
import { listCommand } from "./list-command.ts";
import { moment } from "./moment.ts";
import { quantity } from "./quantity.ts";
import { parseFormation } from "./words.ts";

export const instanceCommands = [
  listCommand({
    usage: "ps [app]",
    target: "argument",
    example: "ps -a shop",
    operation: listInstances,
    input: ({ target }) => ({ params: { target } }),
    async print(instances, context) {
      if (instances.length > 0) printInstances(instances, context);
      else context.out.note(await whyNothing(context));
    },
  }),
  jobCommand({
    usage: "ps:scale <type=count...>",
    aliases: ["scale"],
    target: "needed",
    example: "ps:scale web=2 worker=1 -a shop",
    operation: scale,
    input: ({ target, args }) => ({ params: { target }, body: parseFormation(args) }),
    jobs: jobsOf,
  }),
  jobCommand({
    usage: "ps:restart [instance]",
    target: "needed",
    example: "ps:restart web.1 -a shop",
    operation: restart,
    input: ({ target, args }) => ({ params: { target }, body: { instance: args[0] ?? null } }),
    jobs: (job) => [job],
  }),
  jobCommand({
    usage: "ps:stop [app]",
    target: "argument",
    example: "ps:stop -a shop",
    operation: stopBranch,
    input: ({ target }) => ({ params: { target } }),
    jobs: (job) => [job],
  }),
  jobCommand({
    usage: "ps:start [app]",
    target: "argument",
    example: "ps:start -a shop",
    operation: startBranch,
    input: ({ target }) => ({ params: { target } }),
    jobs: (job) => [job],
  }),
];

/** Why a branch runs nothing, and what to type if that is not wanted. */
async function whyNothing({ client, target, signal }: Context): Promise<string> {
  const asked = parseTarget(target);
  const { branches, gitRemote } = await client(appInfo, { params: { app: asked.app } }, signal);
  const branch = branches.find(
    (it) => (it.isDefault && asked.branch === null) || it.name === asked.branch,
  );
  if (!branch || branch.state === "undeployed")
    return `${target} has no release yet. Push it first: git push ${gitRemote}`;
  const params = { target, release: "current" };
  const { processTypes } = await client(releaseInfo, { params }, signal);
  const isStopped = branch.state === "stopped";
  const { problem, fix } = whyNothingRuns(target, { isStopped, processTypes });
  return `${target} ${problem}. ${fix}`;
}

function printInstances(
  instances: readonly InstanceView[],
  { out, target }: Pick<Context, "out" | "target">,
): void {
  out.table(
    ["INSTANCE", "STATE", "PID", "PORT", "CPU", "MEMORY", "SINCE", "COMMAND"],
    instances.map((instance) => [
      instance.name,
      instance.state,
      String(instance.pid ?? "-"),
      String(instance.port ?? "-"),
      instance.cpuCores === null ? "-" : instance.cpuCores.toFixed(2),
      quantity(instance.memoryBytes, "bytes"),
      moment(instance.startedAt),
      instance.command,
    ]),
    "",
  );
  for (const { name, state, lastExit, lastLines, isBehind } of instances) {
    if (isBehind) {
      const why = `${target} uses much of the processors, or prints very much`;
      out.note(`${name} stands behind other apps while ${why}; see berth limits -a ${target}`);
    }
    if (state === "running" && lastExit) {
      const end = describeExit(lastExit);
      out.note(`${name} ${end} and was started again; see berth events -a ${target}`);
    }
    if (state !== "crashing") continue;
    out.note(`${name} ${lastExit ? describeExit(lastExit) : "keeps ending"}; it printed last:`);
    for (const line of lastLines) out.progress(`    ${line}`);
  }
}
