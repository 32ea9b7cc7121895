import type { ListOperation } from "#api/list.ts";
import type { InputOf, ResultOf } from "#api/operation.ts";
import { action, type Command, type CommandWords, type Context, type Option } from "./command.ts";
import { momentOrSince } from "./moment.ts";
import { everyItem } from "./pages.ts";

type Item<O extends ListOperation> = ResultOf<O>["items"][number];

type ListSpec<O extends ListOperation> = CommandWords & {
  readonly operation: O;
  /** What is asked for besides what every list takes. */
  readonly input: (context: Context) => InputOf<O>;
  readonly print: (items: readonly Item<O>[], context: Context) => void | Promise<void>;
  /** A list without an end, newest first: only its first page is shown unless more is asked for. */
  readonly isLong?: true;
};

const moments = new Set(["since", "until"]);
const paging = new Set(["limit", "after", "fields"]);

/**
 * Declares a command that shows a list. Its options come from the operation: one for each filter,
 * and those that every list has.
 */
export function listCommand<O extends ListOperation>(spec: ListSpec<O>): Command {
  const { operation } = spec;
  return action({
    ...spec,
    summary: spec.summary ?? operation.summary,
    options: [...(spec.options ?? []), ...optionsOf(operation), ...pagingOptions],
    run: async (context) => {
      const { items, next } = await ask(spec, context);
      await show(spec, context, items);
      if (next !== null && !context.out.json) {
        context.out.note(`There are more; go on with --after ${next}`);
      }
    },
  });
}

const pagingOptions: readonly Option[] = [
  { flags: "-n, --num <number>", describe: "how many at most" },
  { flags: "--after <place>", describe: "go on where the list before ended" },
  { flags: "--fields <names>", describe: "only these fields, with commas between them" },
];

async function ask<O extends ListOperation>(
  { operation, input, isLong }: ListSpec<O>,
  context: Context,
): Promise<{ items: readonly Item<O>[]; next: string | null }> {
  const { client, signal, options } = context;
  const given = input(context);
  const { num, after, fields } = options;
  const filters = filtersOf(operation).flatMap((name) => {
    const value = options[name];
    if (typeof value !== "string") return [];
    return [[name, moments.has(name) ? momentOrSince(value) : value] as const];
  });
  const words = { limit: num, after, fields };
  const named = Object.entries(words).filter(([, value]) => typeof value === "string");
  // The query's own type went with the generics; the server checks it.
  const { query } = given as { query?: object };
  const asked = { ...query, ...Object.fromEntries([...filters, ...named]) };
  const full = { ...given, ...(Object.keys(asked).length > 0 ? { query: asked } : {}) };
  const narrowed = full as InputOf<O>;
  if (isLong || num !== undefined || after !== undefined) {
    return client(operation, narrowed, signal) as Promise<ResultOf<O>>;
  }
  return { items: await everyItem(client, operation, narrowed, signal), next: null };
}

async function show<O extends ListOperation>(
  { print }: ListSpec<O>,
  context: Context,
  items: readonly Item<O>[],
): Promise<void> {
  const { out, options } = context;
  const { fields } = options;
  if (out.json) out.value(items);
  else if (typeof fields !== "string" || items.length === 0) await print(items, context);
  else {
    const names = fields.split(",").map((name) => name.trim());
    const rows = items.map((item) => names.map((name) => cellOf(item[name])));
    out.table(
      names.map((name) => name.toUpperCase()),
      rows,
      "",
    );
  }
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The operation's own filters; the target has an option of its own. */
function filtersOf({ query }: ListOperation): string[] {
  return Object.keys(query.shape).filter((name) => name !== "target" && !paging.has(name));
}

/** Said in the operation's own words, as options are: in one line, without a full stop. */
function optionsOf(operation: ListOperation): Option[] {
  return filtersOf(operation).map((name) => {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const said = operation.query.shape[name]?.description ?? "Only of these.";
    const words = said.slice(0, 1).toLowerCase() + said.slice(1).replace(/\.$/, "");
    const describe = moments.has(name) ? `${words}, or so far back: 6h` : words;
    return { flags: `--${flag} <value>`, describe };
  });
}
