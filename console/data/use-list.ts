import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { ListOperation } from "#api/list.ts";
import type { InputOf, ResultOf } from "#api/operation.ts";
import { call, type ApiError } from "./client.ts";
import { keyOf } from "./use-operation.ts";

type Items<O extends ListOperation> = ResultOf<O>["items"];
type Paging = { readonly limit: number; readonly after?: string };

const limitMax = 1000;

/** The items of a list: as many as the input says, else all that there are. */
export function useList<O extends ListOperation>(
  operation: O,
  input: InputOf<O>,
  { enabled = true }: { readonly enabled?: boolean } = {},
): UseQueryResult<Items<O>, ApiError> {
  return useQuery({
    queryKey: keyOf(operation, input),
    queryFn: ({ signal }) => itemsOf(operation, input, signal),
    enabled,
  });
}

export type Pages<Item> = UseInfiniteQueryResult<readonly Item[], ApiError>;

/** The first items of a list that may be long; the rest comes as it is asked for, to the end. */
export function usePages<O extends ListOperation>(
  operation: O,
  input: InputOf<O>,
  first: number,
): Pages<Items<O>[number]> {
  const newest: Paging = { limit: first };
  return useInfiniteQuery({
    queryKey: [...keyOf(operation, input), "pages"],
    queryFn: ({ pageParam, signal }) => call(operation, paged(input, pageParam), signal),
    initialPageParam: newest,
    getNextPageParam: ({ next }) => (next === null ? null : { limit: first * 4, after: next }),
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    // What is shown stays until the answer to another input is there, so that nothing blinks.
    placeholderData: keepPreviousData,
  });
}

async function itemsOf<O extends ListOperation>(
  operation: O,
  input: InputOf<O>,
  signal: AbortSignal,
): Promise<Items<O>> {
  // Every list takes a query of its own besides; generics do not see through it.
  const { limit } = (input as { query?: Partial<Paging> }).query ?? {};
  const first = await call(operation, paged(input, { limit: limit ?? limitMax }), signal);
  const items = [...first.items];
  let after = limit === undefined ? first.next : null;
  while (after !== null) {
    const page = await call(operation, paged(input, { limit: limitMax, after }), signal);
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

function paged<O extends ListOperation>(input: InputOf<O>, paging: Paging): InputOf<O> {
  // As above.
  const { query } = input as { query?: object };
  return { ...input, query: { ...query, ...paging } };
}
