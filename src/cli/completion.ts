import { listApps } from "#api/apps.ts";
import { PlatformError } from "#domain/errors.ts";
import { action, type Command, type Context } from "./command.ts";
import { everyItem } from "./pages.ts";

const bash = `# bash completion for berth: eval "$(berth completion bash)"
_berth() {
  local IFS=$'\\n'
  COMPREPLY=($(berth complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
COMP_WORDBREAKS=\${COMP_WORDBREAKS//[:@]}
complete -o default -F _berth berth
`;

const zsh = `#compdef berth
# zsh completion for berth: eval "$(berth completion zsh)"
_berth() {
  local -a found
  found=("\${(@f)$(berth complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found || _files
}
compdef _berth berth
`;

const fish = `# fish completion for berth: berth completion fish | source
function __berth_complete
  set --local words (commandline --tokenize --cut-at-cursor --current-process)
  set --local word (commandline --current-token --cut-at-cursor)
  set --local found (berth complete -- $words[2..] "$word" 2>/dev/null)
  if set --query found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path $word
  end
end
complete --command berth --no-files --arguments "(__berth_complete)"
`;

const scripts: Readonly<Record<string, string>> = { bash, zsh, fish };
const shells = Object.keys(scripts);

export const completionCommands = [
  action({
    usage: "completion <shell>",
    summary: "Prints what completes commands, options and app names in bash, zsh or fish.",
    example: "completion bash",
    run: async ({ args: [shell = ""], out }) => {
      const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
      if (script !== undefined) return out.exact(script.trimEnd());
      const problem = `choose one of ${shells.join(", ")}`;
      throw new PlatformError("invalid_input", { field: "shell", problem });
    },
  }),
  action({
    usage: "complete [word...]",
    summary: "Lists what may stand in the place of the last word; for completion.",
    example: "complete -- ps:sc",
    passThrough: true,
    run: async (context) => {
      for (const word of await completionsOf(context.args, context)) context.out.line(word);
    },
  }),
];

type Around = Pick<Context, "client" | "commands" | "local" | "signal">;

/** What may stand in the place of the last word, given those before it. */
export async function completionsOf(words: readonly string[], context: Around): Promise<string[]> {
  const [last = "", ...before] = words.toReversed();
  const given = before.toReversed();
  const options = await candidates(given, last, context);
  return [...new Set(options)].filter((word) => word.startsWith(last)).toSorted(byName);
}

async function candidates(
  given: readonly string[],
  last: string,
  context: Around,
): Promise<string[]> {
  if (["-a", "--app"].includes(given.at(-1) ?? "")) return targets(context);
  const { command, rest, verbs } = commandIn(context.commands, given);
  if (command === null) return given.length === 0 ? namesFor(context) : verbs;
  if (last.startsWith("-")) return flagsOf(command, context.local);
  if (command.name === "completion") return shells;
  if (command.name === "help") return namesFor(context);
  const takesTarget = command.target === "argument" && rest.length === 0;
  return takesTarget ? [...verbs, ...(await targets(context))] : verbs;
}

/** The command that the words name, and the verbs that may follow its topic. */
function commandIn(
  commands: readonly Command[],
  words: readonly string[],
): {
  readonly command: Command | null;
  readonly rest: readonly string[];
  readonly verbs: string[];
} {
  const [first = "", second] = words;
  const find = (name: string) =>
    commands.find((it) => it.name === name || it.aliases.includes(name)) ?? null;
  const pair = second === undefined ? null : find(`${first}:${second}`);
  if (pair) return { command: pair, rest: words.slice(2), verbs: [] };
  const verbs = namesFor({ commands, local: true })
    .filter((name) => name.startsWith(`${first}:`))
    .map((name) => name.slice(first.length + 1));
  return {
    command: find(first),
    rest: words.slice(1),
    verbs: words.length === 1 ? verbs : [],
  };
}

function namesFor({ commands, local }: Pick<Around, "commands" | "local">): string[] {
  const offered = commands.filter((it) => (local || !it.localOnly) && it.name !== "complete");
  return ["help", ...offered.flatMap(({ name, aliases }) => [name, ...aliases])];
}

function flagsOf({ options, target }: Command, local: boolean): string[] {
  const words = options
    .flatMap(({ flags }) => flags.split(/[ ,]+/))
    .filter((it) => it.startsWith("-"));
  const common = ["--json", "--help", ...(local ? ["--home"] : [])];
  return [...words, ...common, ...(target === "none" ? [] : ["--app", "-a"])];
}

/** Nothing when Berth does not answer: nobody wants a message while they type. */
async function targets({ client, signal }: Pick<Context, "client" | "signal">): Promise<string[]> {
  const apps = await everyItem(client, listApps, { query: { fields: "branches" } }, signal).catch(
    () => [],
  );
  return apps.flatMap(({ branches }) => branches.map(({ target }) => target));
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
