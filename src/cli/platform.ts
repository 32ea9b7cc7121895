import { resolve } from "node:path";
import { listApps } from "#api/apps.ts";
import { rebuild } from "#api/deploys.ts";
import { restart } from "#api/instances.ts";
import { cleanUp, platformStatus, rotateSecrets, type StatusView } from "#api/platform.ts";
import { PlatformError } from "#domain/errors.ts";
import { action, command, jobCommand, type Context } from "./command.ts";
import { followJobs, jobsOf } from "./job-output.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { moment } from "./moment.ts";
import type { Output } from "./output.ts";
import { everyItem } from "./pages.ts";

export const platformCommands = [
  command({
    usage: "status",
    example: "status",
    operation: platformStatus,
    input: () => ({}),
    print: printStatus,
  }),
  jobCommand({
    usage: "rebuild [repo] [branch]",
    target: "optional",
    example: "rebuild shop main",
    operation: rebuild,
    input: (context) => ({ body: { target: namedTarget(context) } }),
    jobs: (jobs) => jobs,
  }),
  action({
    usage: "restart [repo] [branch]",
    target: "optional",
    summary: "Replaces all instances by fresh ones, of one branch or of all.",
    example: "restart shop main",
    run: restartBranches,
  }),
  jobCommand({
    usage: "cleanup",
    example: "cleanup",
    operation: cleanUp,
    input: () => ({}),
    jobs: jobsOf,
  }),
  command({
    usage: "secrets:rotate",
    example: "secrets:rotate",
    operation: rotateSecrets,
    input: () => ({}),
    print({ key }, out) {
      out.line(`The secrets are encrypted with the new key ${key}.`);
      out.note("Keep a copy of the new data/secret.key, apart from the copies of the database.");
    },
  }),
  action({
    usage: "version",
    summary: "Prints the version of this program.",
    example: "version",
    run: async ({ out, version }) =>
      out.json ? out.value({ name: "berth", version }) : out.line(`berth ${version}`),
  }),
];

export const lifecycleCommands = [
  action({
    usage: "start",
    summary: "Installs what is missing, starts Berth and deploys the sample app.",
    example: "start",
    localOnly: true,
    run: async (context) => lifecycleOf(context).start(context.home, context.out),
  }),
  action({
    usage: "up",
    summary: "Starts Berth.",
    options: [{ flags: "-d, --detach", describe: "return once it runs" }],
    example: "up --detach",
    localOnly: true,
    run: async (context) =>
      lifecycleOf(context).up(
        context.home,
        { detach: context.options["detach"] === true },
        context.out,
      ),
  }),
  action({
    usage: "down",
    summary: "Stops Berth and everything that it runs, gracefully.",
    example: "down",
    localOnly: true,
    run: async (context) => lifecycleOf(context).down(context.home, context.out),
  }),
  action({
    usage: "install",
    summary: "Sets Berth up on this server for good, or brings it up to date.",
    example: "install",
    localOnly: true,
    run: async (context) => lifecycleOf(context).install(context.home, context.out),
  }),
  action({
    usage: "uninstall",
    summary: "Stops everything and takes Berth off this server again, with all its data.",
    options: [
      { flags: "--confirm", describe: "really do it" },
      { flags: "--keep-home", describe: "leave apps, code, data and logs where they are" },
    ],
    example: "uninstall --confirm",
    localOnly: true,
    run: async (context) =>
      lifecycleOf(context).uninstall(
        context.home,
        {
          confirmed: context.options["confirm"] === true,
          keepsHome: context.options["keepHome"] === true,
        },
        context.out,
      ),
  }),
  action({
    usage: "backup <file>",
    summary: "Writes apps, code, state and configuration into one file, while Berth runs or not.",
    options: [{ flags: "--with-key", describe: "with the key that opens the secrets in it" }],
    example: "backup /backups/berth.tar",
    localOnly: true,
    run: async (context) => {
      const { home, options, out } = context;
      const wanted = { file: fileIn(context), withKey: options["withKey"] === true };
      return lifecycleOf(context).backup(home, wanted, out);
    },
  }),
  action({
    usage: "restore <file>",
    summary: "Makes the home of a backup, on this machine or another.",
    example: "restore /backups/berth.tar",
    localOnly: true,
    run: async (context) =>
      lifecycleOf(context).restore(context.home, fileIn(context), context.out),
  }),
  action({
    usage: "doctor",
    summary: "Checks everything that Berth needs, and says what to do about the rest.",
    example: "doctor",
    localOnly: true,
    run: async (context) => lifecycleOf(context).doctor(context.home, context.out),
  }),
];

function fileIn({ args: [file = ""], directory }: Context): string {
  return resolve(directory, file);
}

function lifecycleOf({ lifecycle }: Context): Lifecycle {
  if (lifecycle) return lifecycle;
  throw new PlatformError("not_permitted", { actor: "A session from elsewhere" });
}

/** `shop`, `shop main`, or -a; null for none of them. */
function namedTarget({ args: [repo, branch], target }: Context): string | null {
  if (repo === undefined) return target === "" ? null : target;
  return branch === undefined ? repo : `${repo}@${branch}`;
}

async function restartBranches(context: Context): Promise<void> {
  const { client } = context;
  const named = namedTarget(context);
  const targets = named === null ? await deployedTargets(context) : [named];
  const begun = targets.map((target) => client(restart, { params: { target } }));
  return followJobs(await Promise.all(begun), context);
}

async function deployedTargets({ client }: Context): Promise<string[]> {
  const branches = (await everyItem(client, listApps, {})).flatMap((app) => app.branches);
  return branches.filter(({ current }) => current !== null).map(({ target }) => target);
}

function printStatus(status: StatusView, out: Output): void {
  const { listen, ports } = status.settings;
  out.line(`Berth      ${status.version}, up since ${moment(status.startedAt)}`);
  out.line(`Home       ${status.home}, account ${status.account}`);
  out.line(`Runs       ${count(status.apps, "app")}, ${count(status.instances, "instance")}`);
  out.line(
    `Ports      api ${listen.api}, ssh ${listen.ssh}, direct ${listen.direct}, http ${listen.http},`,
  );
  out.line(
    `           terminated ${listen.terminated}, tls ${listen.tls}, instances ${ports.min}-${ports.max}`,
  );
  for (const { what, inForce } of status.isolation) {
    out.line(`Isolation  ${inForce ? "yes" : "NO "}  ${what}`);
  }
  for (const line of problemLines(status)) out.line(line);
}

/** What is wrong with files, and what to write instead. */
export function problemLines({ problems }: Pick<StatusView, "problems">): string[] {
  return problems.flatMap(({ severity, file, line, key, problem, fix }) => {
    const word = severity === "error" ? "Problem  " : "Warning  ";
    const place = `${file}${line > 0 ? `:${line}` : ""}`;
    return [`${word}  ${place}: ${key ? `${key}: ` : ""}${problem}`, `           ${fix}`];
  });
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
