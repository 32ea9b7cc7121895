import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { appInfo } from "#api/apps.ts";
import { jobInfo } from "#api/jobs.ts";
import { listLimits } from "#api/limits.ts";
import type { JobView } from "#api/views.ts";
import { createLiveAnswers } from "./live-answers.ts";
import { keyOf } from "./use-operation.ts";

test("a job that ends while it is asked for is shown as it ended", async () => {
  const queries = new QueryClient();
  const tell = createLiveAnswers(queries);
  const running = jobOf({ status: "running", endedAt: null });
  const done = jobOf({ status: "done", endedAt: "2026-01-01T00:00:02.000Z" });
  const { asked, shown } = show(queries, keyOf(jobInfo, { params: { job: 7 } }));
  tell({ type: "job", job: done });
  asked[0]?.resolve(running);
  await until(() => asked.length === 2);
  asked[1]?.resolve(done);
  await until(() => shown() === done);
});

test("what a notice is about is asked for again though its first answer is under way", async () => {
  const queries = new QueryClient();
  const tell = createLiveAnswers(queries);
  const { asked, shown } = show(queries, keyOf(listLimits, { params: { target: "shop" } }));
  tell({ type: "job", job: jobOf({ status: "done", endedAt: "2026-01-01T00:00:02.000Z" }) });
  // Longer than what belongs together is gathered.
  await new Promise((resolve) => setTimeout(resolve, 200));
  asked[0]?.resolve("before");
  await until(() => asked.length === 2);
  asked[1]?.resolve("after");
  await until(() => shown() === "after");
});

test("the pages of an app that is gone look for it again", async () => {
  const queries = new QueryClient();
  const { asked } = show(queries, keyOf(appInfo, { params: { app: "shop" } }));
  asked[0]?.resolve("shop");
  createLiveAnswers(queries)({ type: "gone", app: "shop" });
  await until(() => asked.length === 2);
});

/** An answer that is shown, and each time it is asked for, who gives it. */
function show(
  queries: QueryClient,
  queryKey: readonly unknown[],
): { readonly asked: PromiseWithResolvers<unknown>[]; readonly shown: () => unknown } {
  const asked: PromiseWithResolvers<unknown>[] = [];
  const queryFn = () => {
    const given = Promise.withResolvers<unknown>();
    asked.push(given);
    return given.promise;
  };
  const observer = new QueryObserver(queries, { queryKey, queryFn, structuralSharing: false });
  observer.subscribe(() => {});
  return { asked, shown: () => observer.getCurrentResult().data };
}

function jobOf(how: Pick<JobView, "status" | "endedAt">): JobView {
  const at = "2026-01-01T00:00:00.000Z";
  const about = { id: 7, kind: "release", target: "shop", actor: "ann", door: "api" } as const;
  const times = { createdAt: at, startedAt: at };
  return { ...about, ...times, ...how, step: null, steps: [], input: {}, error: null };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 500, "it does not come about");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
