import assert from "node:assert/strict";
import test from "node:test";
import { staticSite } from "./static-site.ts";

test("a folder with an index.html is a site, unless something says how to run it", () => {
  const detects = (...names: string[]) =>
    staticSite.detect({ has: (path) => names.includes(path), read: () => null });
  assert.equal(detects("index.html", "style.css"), true);
  assert.equal(detects("page.html"), false);
  assert.equal(detects("index.html", "package.json"), false);
  assert.equal(detects("index.html", "Procfile"), false);
  const { web } = staticSite.processTypes({ has: () => true, read: () => null });
  assert.equal(web?.kind, "static");
});
