import assert from "node:assert/strict";
import { test } from "node:test";
import { matchPath } from "./paths.ts";

test("a path gives the parameters of its pattern", () => {
  assert.deepEqual(matchPath("/apps/:target/logs", "/apps/shop%40staging/logs"), {
    target: "shop@staging",
  });
  assert.deepEqual(matchPath("/", "/"), {});
  assert.deepEqual(matchPath("/jobs/:job", "/jobs/7/"), { job: "7" });
});

test("a path that does not fit, or is damaged, is no error", () => {
  assert.equal(matchPath("/apps/:target", "/apps"), null);
  assert.equal(matchPath("/apps/:target", "/jobs/7"), null);
  assert.deepEqual(matchPath("/apps/:target", "/apps/%E0%A4"), { target: "%E0%A4" });
});
