import { activityCommands } from "./activity.ts";
import { appCommands } from "./apps.ts";
import type { Command } from "./command.ts";
import { completionCommands } from "./completion.ts";
import { configCommands } from "./config.ts";
import { drainCommands } from "./drains.ts";
import { domainCommands } from "./domains.ts";
import { instanceCommands } from "./instances.ts";
import { keyCommands } from "./keys.ts";
import { limitCommands } from "./limits.ts";
import { logCommands } from "./logs.ts";
import { metricsCommands } from "./metrics.ts";
import { peopleCommands } from "./people.ts";
import { notificationCommands } from "./notifications.ts";
import { lifecycleCommands, platformCommands } from "./platform.ts";
import { releaseCommands } from "./releases.ts";
import { runCommands } from "./runs.ts";
import { securityCommands } from "./security.ts";
import { topCommands } from "./top.ts";
import { auditCommands, teamCommands, tokenCommands } from "./teams.ts";

export type CommandGroup = { readonly title: string; readonly commands: readonly Command[] };

/** Every command, in the order in which help shows them. */
export const commandGroups: readonly CommandGroup[] = [
  { title: "Berth itself", commands: lifecycleCommands },
  { title: "Apps", commands: appCommands },
  { title: "Releases", commands: releaseCommands },
  { title: "Config vars", commands: configCommands },
  { title: "Instances", commands: [...instanceCommands, ...logCommands, ...runCommands] },
  { title: "Limits", commands: limitCommands },
  { title: "Security", commands: securityCommands },
  { title: "Metrics", commands: metricsCommands },
  { title: "Drains", commands: drainCommands },
  { title: "Notifications", commands: notificationCommands },
  { title: "Domains", commands: domainCommands },
  { title: "Keys", commands: keyCommands },
  { title: "People", commands: [...peopleCommands, ...teamCommands, ...tokenCommands] },
  { title: "Activity", commands: [...activityCommands, ...topCommands, ...auditCommands] },
  { title: "The platform", commands: [...platformCommands, ...completionCommands] },
];

export const commands: readonly Command[] = commandGroups.flatMap((group) => group.commands);

/** The command of a name or an alias. */
export function findCommand(name: string): Command | null {
  return commands.find((it) => it.name === name || it.aliases.includes(name)) ?? null;
}
