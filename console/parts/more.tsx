import type { Pages } from "../data/use-list.ts";

/** The button for what is older than what a long list shows, as long as there is any. */
export function More({ of }: { of: Pages<unknown> }) {
  if (!of.hasNextPage) return null;
  return (
    <div className="more">
      <button
        type="button"
        className="button small"
        disabled={of.isFetchingNextPage}
        onClick={() => void of.fetchNextPage()}
      >
        Show older
      </button>
    </div>
  );
}
