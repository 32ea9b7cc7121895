import type { Pages } from "../data/use-list.ts";
import { SmallButton } from "./small-button.tsx";

/** The button for what is older than what a long list shows, as long as there is any. */
export function More({ of }: { of: Pages<unknown> }) {
  if (!of.hasNextPage) return null;
  return (
    <div className="more">
      <SmallButton isBusy={of.isFetchingNextPage} onPress={() => void of.fetchNextPage()}>
        Show older
      </SmallButton>
    </div>
  );
}
