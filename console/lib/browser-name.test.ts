import assert from "node:assert/strict";
import { test } from "node:test";
import { browserName } from "./browser-name.ts";

test("a browser is named as people know it", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  const names = [
    `Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/140.0.0.0 Safari/537.36`,
    `Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0`,
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:140.0) Gecko/20100101 Firefox/140.0",
    "curl/8.5",
  ].map(browserName);
  assert.deepEqual(names, ["Chrome on Linux", "Edge on Windows", "Firefox on macOS", "curl/8.5"]);
});
