import { PlatformError } from "#domain/errors.ts";

/** A page of a list, and where the next one begins. */
export type PageOf<Item> = { readonly items: readonly Item[]; readonly next: string | null };

type Asked = { readonly limit: number; readonly after?: string | undefined };

/** A page of a list that is all there, sorted by its keys, which ascend. */
export function pageOf<Item>(
  items: readonly Item[],
  { limit, after }: Asked,
  keyOf: (item: Item) => string,
): PageOf<Item> {
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after);
  return cutOff(rest, limit, keyOf);
}

/** A page of what begins where it shall begin: there is a next one when there is too much. */
export function cutOff<Item>(
  items: readonly Item[],
  limit: number,
  keyOf: (item: Item) => string,
): PageOf<Item> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: items.length > limit && last !== undefined ? keyOf(last) : null };
}

/** The id that `after` is in a list whose newest rows come first. */
export function idOf(after: string | undefined): number | null {
  if (after === undefined) return null;
  if (/^[1-9]\d{0,14}$/.test(after)) return Number(after);
  const problem = "give the next of the page before";
  throw new PlatformError("invalid_input", { field: "after", problem });
}
