import { Command as Parser, CommanderError } from "commander";
import { PlatformError } from "#domain/errors.ts";
import type { Command } from "./command.ts";
import { commands, findCommand } from "./commands.ts";
import { nearestCommand } from "./nearest-command.ts";

/** What a person typed: help for a command or, when it is null, for everything; or a command to run. */
export type Invocation =
  | { readonly help: Command | null }
  | {
      readonly command: Command;
      readonly args: readonly string[];
      readonly options: Readonly<Record<string, string | boolean | undefined>>;
    };

/**
 * Reads the words after `berth`. `topic:verb` and `topic verb` are the same; options may stand
 * before the command, too.
 * @throws {PlatformError} `unknown_command`, `usage_invalid`.
 */
export function parseArgv(argv: readonly string[], local: boolean): Invocation {
  const { name, rest } = splitCommand(argv);
  if (name !== null && asksForVersion.has(name)) return parseArgv(["version"], local);
  if (name === null || name === "help") return { help: helpTopic(rest) };
  const command = findCommand(name) ?? unknown(name);
  const parser = parserOf(command, local);
  try {
    parser.parse([...rest], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return { help: command };
    throw invalid(command, error);
  }
  return { command, args: parser.args, options: parser.opts() };
}

/** The parser of one command, which also knows its help. */
export function parserOf(command: Command, local: boolean): Parser {
  const parser = new Parser(`berth ${command.name}`)
    .description(command.summary)
    .helpOption("-h, --help", "show this help")
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .exitOverride()
    .passThroughOptions(command.passThrough)
    .action(() => {});
  const [, ...words] = command.usage.split(" ");
  for (const word of words) parser.argument(word);
  if (command.target !== "none") parser.option("-a, --app <target>", targetHelp);
  for (const { flags, describe } of command.options) parser.option(flags, describe);
  parser.option("--json", "print data, and errors, as JSON");
  if (local) parser.option("--home <directory>", "Berth's home (BERTH_HOME, or the usual place)");
  return parser;
}

const targetHelp = "an app, or app@branch; by default that of this directory";
const asksForVersion = new Set(["-v", "-V", "--version"]);
const asksForHelp = new Set(["-h", "--help"]);
const leadingWithValue = new Set(["-a", "--app", "--home"]);

/** Finds the command's name; options before it are moved behind it. */
function splitCommand(argv: readonly string[]): { name: string | null; rest: string[] } {
  const at = countLeading(argv);
  const leading = argv.slice(0, at);
  const [first, second, ...others] = argv.slice(at);
  if (first === undefined || asksForHelp.has(first)) return { name: null, rest: [] };
  if (second !== undefined && isTopicOf(first, second)) {
    return { name: `${first}:${second}`, rest: [...leading, ...others] };
  }
  return { name: first, rest: [...leading, ...argv.slice(at + 1)] };
}

/** A word behind a command that takes none was to be a verb of it. */
function isTopicOf(topic: string, word: string): boolean {
  if (findCommand(`${topic}:${word}`)) return true;
  const isTopic = commands.some(({ name }) => name.startsWith(`${topic}:`));
  return isTopic && findCommand(topic)?.usage === topic && !word.startsWith("-");
}

function countLeading(argv: readonly string[]): number {
  let at = 0;
  while (argv[at]?.startsWith("-") && !isFinal(argv[at])) {
    at += leadingWithValue.has(argv[at] ?? "") ? 2 : 1;
  }
  return at;
}

function isFinal(word = ""): boolean {
  return asksForHelp.has(word) || asksForVersion.has(word) || word === "--";
}

function helpTopic(words: readonly string[]): Command | null {
  const named = words.filter((word) => !word.startsWith("-"));
  if (named.length === 0) return null;
  const { name } = splitCommand(named);
  return findCommand(name ?? "") ?? unknown(name ?? "");
}

function unknown(name: string): never {
  const names = commands.flatMap((command) => [command.name, ...command.aliases]);
  const near = nearestCommand(name, names);
  const suggestion = near ? ` (did you mean ${near}?)` : "";
  throw new PlatformError("unknown_command", { command: name.slice(0, 80), suggestion });
}

function invalid({ name, usage }: Command, cause: CommanderError): PlatformError {
  const said = cause.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  // It makes two sentences of what is one here.
  const problem = said.replace(". Expected", ": expected").replace(/\.$/, "");
  return new PlatformError("usage_invalid", { command: name, problem, usage }, { cause });
}
