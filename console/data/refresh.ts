import type { Query, QueryClient, QueryFilters } from "@tanstack/react-query";

/** What is asked once more as soon as the answer has come that is under way. */
const askedAgain = new WeakMap<Query, Promise<void>>();

/**
 * Asks anew for what is shown, and has the rest asked for when it is shown. Resolves with the answers.
 * An answer that is under way may be of before: it is neither taken for a new one nor cut off, as
 * changes that come one after the other would have it asked for again and again, and never come.
 */
export async function refresh(queries: QueryClient, filters: QueryFilters = {}): Promise<void> {
  const shown = queries.getQueryCache().findAll({ ...filters, type: "active" });
  void queries.invalidateQueries({ ...filters, refetchType: "none" });
  await Promise.all(shown.map((query) => askAnew(queries, query)));
}

function askAnew(queries: QueryClient, query: Query): Promise<void> {
  if (query.state.fetchStatus !== "fetching") return ask(queries, query);
  const askAgain = async () => {
    while (query.state.fetchStatus === "fetching" && query.promise) {
      await query.promise.catch(() => {});
    }
    askedAgain.delete(query);
    await ask(queries, query);
  };
  const again = askedAgain.get(query) ?? askAgain();
  askedAgain.set(query, again);
  return again;
}

/** Asks if it is still shown. What has been asked meanwhile is new enough. */
function ask(queries: QueryClient, query: Query): Promise<void> {
  return queries.refetchQueries(
    { type: "active", predicate: (it) => it === query },
    { cancelRefetch: false },
  );
}
