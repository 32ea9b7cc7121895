import { PlatformError } from "#domain/errors.ts";

/** A page of a list, and where the next one begins. */
export type PageOf<Item> = { readonly items: readonly Item[]; readonly next: string | null };

type Asked = { readonly limit: number; readonly after?: string | undefined };

/** What items are sorted and told apart by. */
type Key = string | number;

/** A page of a list that is all there, sorted by its keys. */
export function pageOf<Item>(
  items: readonly Item[],
  { limit, after }: Asked,
  keyOf: (item: Item) => Key,
): PageOf<Item> {
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const isNumbered = sorted.some((item) => typeof keyOf(item) === "number");
  const from = isNumbered ? idOf(after) : (after ?? null);
  const rest = from === null ? sorted : sorted.filter((item) => keyOf(item) > from);
  return cutOff(rest, limit, keyOf);
}

/** A page of what begins where it shall begin: there is a next one when there is too much. */
export function cutOff<Item>(
  items: readonly Item[],
  limit: number,
  keyOf: (item: Item) => Key,
): PageOf<Item> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const hasNext = items.length > limit && last !== undefined;
  return { items: page, next: hasNext ? String(keyOf(last)) : null };
}

/** The id that `after` is in a list whose newest rows come first. */
export function idOf(after: string | undefined): number | null {
  if (after === undefined) return null;
  if (/^[1-9]\d{0,14}$/.test(after)) return Number(after);
  const problem = "give the next of the page before";
  throw new PlatformError("invalid_input", { field: "after", problem });
}
