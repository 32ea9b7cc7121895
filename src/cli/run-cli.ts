import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { createClient } from "#api/client.ts";
import { PlatformError } from "#domain/errors.ts";
import { createTransport } from "#lib/http.ts";
import { upgradeOverSocket } from "#lib/upgrade.ts";
import type { Command, Context } from "./command.ts";
import { commands } from "./commands.ts";
import { exitCodeOf, printError } from "./errors.ts";
import { renderHelp, renderOverview } from "./help.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { createOutput, type Output } from "./output.ts";
import { parseArgv, type Invocation } from "./parse.ts";
import { detectTarget } from "./target.ts";

export type CliOptions = {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly home: string;
  /** Who is said to have asked. */
  readonly actor: string;
  /** What else is said of them to berthd: the SSH key that let them in, and from where. */
  readonly introduction?: Readonly<Record<string, string>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether stdout is a terminal. */
  readonly tty: boolean;
  /** Whether colours are welcome there. @see https://no-color.org */
  readonly colour: boolean;
  /** TERM of that terminal; `dumb` when there is none. */
  readonly terminal: string;
  /** The directory whose app is meant when none is named. */
  readonly directory: string;
  /** Whether the person is on this machine: else no file, home or lifecycle command is theirs. */
  readonly local: boolean;
  readonly lifecycle: Lifecycle | null;
  readonly version: string;
};

/** Where berthd serves the API to programs of its own account. */
export function apiSocketOf(home: string): string {
  return join(home, "run", "berthd.sock");
}

/** Runs one command to its end and gives the exit code; every failure has been printed by then. */
export async function runCli(options: CliOptions): Promise<number> {
  const { argv, stdout } = options;
  const gone = new AbortController();
  // A reader that has seen enough, such as head, closes the pipe: that is an end, not a failure.
  stdout.on("error", () => gone.abort());
  const wantsJson = argv.includes("--json") && !argv.includes("run");
  const outputOf = (json: boolean) => createOutput({ ...options, live: isLive(options), json });
  let out = outputOf(wantsJson);
  try {
    const invocation = parseArgv(argv, options.local);
    if ("help" in invocation) {
      writeHelp(invocation.help, options);
      return 0;
    }
    out = outputOf(invocation.options["json"] === true);
    return await runCommand(invocation, { options, out, signal: gone.signal });
  } catch (error) {
    if (gone.signal.aborted) return 0;
    printError(error, out);
    return exitCodeOf(error);
  }
}

/** What is drawn anew is for a terminal that can, and for people who want more than plain text. */
function isLive({ stderr, colour, terminal }: CliOptions): boolean {
  return "isTTY" in stderr && stderr.isTTY === true && colour && terminal !== "dumb";
}

type Run = {
  readonly options: CliOptions;
  readonly out: Output;
  readonly signal: AbortSignal;
};

async function runCommand(
  { command, args, options: words }: Exclude<Invocation, { help: unknown }>,
  { options, out, signal }: Run,
): Promise<number> {
  if (command.localOnly && !options.local) {
    throw new PlatformError("not_permitted", { actor: "A session from elsewhere" });
  }
  const named = typeof words["home"] === "string" ? words["home"] : options.home;
  if (named === "")
    throw new PlatformError("invalid_input", { field: "--home", problem: "name a folder" });
  const home = resolve(options.directory, named);
  const transport = createTransport({
    socketPath: apiSocketOf(home),
    headers: {
      "x-berth-actor": options.actor,
      "x-berth-door": options.local ? "cli" : "ssh",
      ...options.introduction,
    },
  });
  const naming = await targetFor(command, { args, app: words["app"], options });
  const context: Context = {
    ...options,
    ...naming,
    commands,
    options: words,
    client: createClient(transport, home),
    connect: (path) => upgradeOverSocket(apiSocketOf(home), path),
    out,
    signal,
    home,
  };
  return (await command.run(context)) ?? 0;
}

type Naming = {
  readonly args: readonly string[];
  readonly app: string | boolean | undefined;
  readonly options: CliOptions;
};

/** The target by the command's rule, and the words that are left for the command. */
async function targetFor(
  { target: rule }: Command,
  { args, app, options }: Naming,
): Promise<Pick<Context, "target" | "args">> {
  if (typeof app === "string") return { target: app, args };
  if (rule === "none" || rule === "optional") return { target: "", args };
  const [first, ...rest] = args;
  if (rule === "argument" && first !== undefined) return { target: first, args: rest };
  const detected = options.local ? await detectTarget(options.directory) : null;
  if (detected !== null) return { target: detected, args };
  const problem = "none is named; use -a APP, or a directory with a git remote called berth";
  throw new PlatformError("invalid_input", { field: "app", problem });
}

function writeHelp(command: Command | null, { stdout, local }: CliOptions): void {
  stdout.write(`${command ? renderHelp(command, local) : renderOverview(local)}\n`);
}
