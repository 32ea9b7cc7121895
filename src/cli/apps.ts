import { appInfo, createApp, destroyApp, listApps, setNetwork } from "#api/apps.ts";
import type { AppStatusView, BranchView } from "#api/views.ts";
import { parseTarget, type Network } from "#domain/app.ts";
import { command, jobCommand } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { moment } from "./moment.ts";
import type { Output } from "./output.ts";

const noApps = "No apps yet. Make one: berth apps:create shop";

export const appCommands = [
  listCommand({
    usage: "apps",
    aliases: ["apps:list"],
    example: "apps --state crashing",
    operation: listApps,
    input: () => ({}),
    print: (apps, { out }) =>
      out.table(["APP", "STATE", "INSTANCES", "RELEASE", "URL"], apps.flatMap(rowsOf), noApps),
  }),
  command({
    usage: "apps:create <name>",
    aliases: ["create"],
    example: "apps:create shop",
    operation: createApp,
    input: ({ args: [name = ""] }) => ({ body: { name } }),
    print({ app, gitRemote, branches }, out) {
      out.line(`Made ${app.name}.`);
      out.note("Push your code to it:");
      out.note(`  git remote add berth ${gitRemote}`);
      out.note(`  git push berth ${defaultBranch(branches)}`);
    },
  }),
  command({
    usage: "apps:info [app]",
    aliases: ["info"],
    target: "argument",
    example: "apps:info shop",
    operation: appInfo,
    input: ({ target }) => ({ params: { app: parseTarget(target).app } }),
    print: printApp,
  }),
  networkCommand("open", "Lets an app's programs and builds connect to the outside."),
  networkCommand("closed", "Lets an app's programs and builds connect to nothing outside."),
  jobCommand({
    usage: "apps:destroy [app]",
    aliases: ["destroy"],
    target: "argument",
    options: [{ flags: "--confirm <name>", describe: "the app's name once more" }],
    example: "apps:destroy shop --confirm shop",
    operation: destroyApp,
    input: ({ target, options }) => ({
      params: { app: target },
      query: { confirm: String(options["confirm"] ?? "") },
    }),
    jobs: (job) => [job],
  }),
  listCommand({
    usage: "list",
    summary: "Lists the repositories and branches that are deployed.",
    example: "list",
    operation: listApps,
    input: () => ({}),
    print: (apps, { out }) =>
      out.table(
        ["REPO", "BRANCH", "STATE", "COMMIT"],
        apps.flatMap(({ app, branches }) =>
          branches.map((branch) => [
            app.name,
            branch.name,
            branch.state,
            branch.current?.commit.slice(0, 10) ?? "-",
          ]),
        ),
        noApps,
      ),
  }),
];

function networkCommand(network: Network, summary: string) {
  const usage = network === "open" ? "network:open [app]" : "network:close [app]";
  return command({
    usage,
    target: "argument",
    summary,
    example: usage.replace("[app]", "shop"),
    operation: setNetwork,
    input: ({ target }) => ({ params: { app: parseTarget(target).app }, body: { network } }),
    print: ({ app }, out) => out.line(`The network of ${app.name} is ${app.network}.`),
  });
}

function rowsOf({ app, branches }: AppStatusView): string[][] {
  if (branches.length === 0) return [[app.name, "undeployed", "-", "-", "-"]];
  return branches.map((branch) => [
    branch.target,
    branch.state,
    `${branch.healthy}/${branch.wanted}`,
    releaseOf(branch),
    branch.urls[0] ?? "-",
  ]);
}

function printApp({ app, team, gitRemote, branches }: AppStatusView, out: Output): void {
  out.line(`App         ${app.name}`);
  out.line(`Team        ${team}`);
  out.line(`Git remote  ${gitRemote}`);
  out.line(`Made        ${moment(app.createdAt)}`);
  if (app.network === "closed") out.line("Network     closed");
  if (app.managedBy !== null) out.line(`Managed by  ${app.managedBy}`);
  for (const branch of branches) {
    out.line("");
    out.line(`Branch      ${branch.name}${branch.isDefault ? "" : `, as ${branch.target}`}`);
    out.line(`State       ${branch.state}, ${branch.healthy} of ${branch.wanted} instances answer`);
    out.line(`Release     ${releaseOf(branch)}`);
    for (const url of branch.urls) out.line(`URL         ${url}`);
  }
  if (branches.every((branch) => branch.current === null)) {
    const branch = defaultBranch(branches);
    out.note(`Nothing is deployed yet. Push to it: git push ${gitRemote} ${branch}`);
  }
}

function defaultBranch(branches: readonly BranchView[]): string {
  return branches.find((branch) => branch.isDefault)?.name ?? "main";
}

function releaseOf(branch: BranchView): string {
  return branch.current ? `v${branch.current.number}` : "-";
}
