import type { ListOperation } from "#api/list.ts";
import type { Client } from "#api/client.ts";
import type { InputOf, ResultOf } from "#api/operation.ts";

type Item<O extends ListOperation> = ResultOf<O>["items"][number];

const pageSize = 500;

/** Every item of a list, asked for page by page. */
export async function everyItem<O extends ListOperation>(
  client: Client,
  operation: O,
  input: InputOf<O>,
  signal?: AbortSignal,
): Promise<Item<O>[]> {
  const items: Item<O>[] = [];
  let after: string | null = null;
  do {
    // Every list takes these; generics do not see through the query's type.
    const { query } = input as { query?: object };
    const paged: unknown = {
      ...input,
      query: { ...query, limit: pageSize, ...(after === null ? {} : { after }) },
    };
    const page: ResultOf<O> = await (client(operation, paged as InputOf<O>, signal) as Promise<
      ResultOf<O>
    >);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
