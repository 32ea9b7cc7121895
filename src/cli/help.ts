import type { Command } from "./command.ts";
import { commandGroups, commands } from "./commands.ts";
import { parserOf } from "./parse.ts";

/** All commands, one line each. */
export function renderOverview(local: boolean): string {
  const groups = commandGroups
    .map(({ title, commands: all }) => ({ title, shown: all.filter((it) => isOffered(it, local)) }))
    .filter(({ shown }) => shown.length > 0)
    .map(({ title, shown }) => `${title}\n${shown.map(lineOf).join("\n")}\n`);
  return [
    "Usage: berth COMMAND [options]\n",
    "Turns this machine into a home for programs: git push, and the code is live.\n",
    ...groups,
    "Both apps:create and apps create work. berth help COMMAND says more about one.",
  ].join("\n");
}

/** What one command does and takes, an example, and its relatives. */
export function renderHelp(command: Command, local: boolean): string {
  const topic = command.name.split(":", 1)[0] ?? "";
  const relatives = commands
    .filter((it) => it !== command && it.name.split(":", 1)[0] === topic)
    .map((it) => it.name);
  return [
    parserOf(command, local).helpInformation(),
    `Example: berth ${command.example}`,
    ...(command.aliases.length > 0 ? [`Also called: ${command.aliases.join(", ")}`] : []),
    ...(relatives.length > 0 ? [`See also: ${relatives.join(", ")}`] : []),
  ].join("\n");
}

function isOffered(command: Command, local: boolean): boolean {
  return local || !command.localOnly;
}

function lineOf({ name, summary }: Command): string {
  return `  ${name.padEnd(26)}${summary}`;
}
