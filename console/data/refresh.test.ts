import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { refresh } from "./refresh.ts";

/** An answer that is shown, and each time it is asked for, who gives it. */
function shownAnswer(): {
  readonly queries: QueryClient;
  readonly asked: PromiseWithResolvers<string>[];
  readonly shown: () => string | undefined;
} {
  const queries = new QueryClient();
  const asked: PromiseWithResolvers<string>[] = [];
  const queryFn = ({ signal }: { signal: AbortSignal }) => {
    const given = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => given.reject(new Error("cut off")));
    asked.push(given);
    return given.promise;
  };
  const observer = new QueryObserver<string>(queries, {
    queryKey: ["/limits", {}],
    queryFn,
    staleTime: Infinity,
  });
  observer.subscribe(() => {});
  return { queries, asked, shown: () => observer.getCurrentResult().data };
}

test("a first answer that was asked for before a change is not taken for a new one", async () => {
  const { queries, asked, shown } = shownAnswer();
  const refreshed = refresh(queries);
  asked[0]?.resolve("before");
  await turn();
  assert.equal(shown(), "before");
  asked[1]?.resolve("after");
  await refreshed;
  assert.deepEqual([shown(), asked.length], ["after", 2]);
});

test("changes that come faster than answers do not keep these off", async () => {
  const { queries, asked, shown } = shownAnswer();
  asked[0]?.resolve("first");
  await turn();
  const refreshes = [];
  for (let change = 1; change <= 5; change += 1) {
    refreshes.push(refresh(queries));
    await turn();
  }
  assert.equal(asked.length, 2);
  asked[1]?.resolve("second");
  await turn();
  assert.equal(shown(), "second");
  asked[2]?.resolve("third");
  await Promise.all(refreshes);
  assert.deepEqual([shown(), asked.length], ["third", 3]);
});

test("what is not shown is asked for when it is, not before", async () => {
  const { queries, asked } = shownAnswer();
  asked[0]?.resolve("first");
  queries.setQueryData(["/other", {}], "kept");
  await turn();
  await refresh(queries, { queryKey: ["/other"] });
  assert.equal(asked.length, 1);
  assert.equal(queries.getQueryState(["/other", {}])?.isInvalidated, true);
});

/** Lets everything happen that waits for nothing. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
