import { useState } from "react";

const limitMax = 1000;

/** How much of a long list is asked for at first, and the button that asks for more of it. */
export function useMore(first: number): {
  readonly limit: number;
  readonly moreOf: (shown: number) => React.ReactNode;
} {
  const [limit, setLimit] = useState(first);
  const moreOf = (shown: number) =>
    shown >= limit && limit < limitMax ? (
      <div className="more">
        <button
          type="button"
          className="button small"
          onClick={() => setLimit(Math.min(limitMax, limit * 4))}
        >
          Show older
        </button>
      </div>
    ) : null;
  return { limit, moreOf };
}
