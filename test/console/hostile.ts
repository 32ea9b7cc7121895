import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { assertFits, evil, loaded, pagesOf, walkTo, type World } from "./world.ts";

export function hostileTests({ at, signedIn, shop }: World): void {
  test("hostile words are shown as text: in messages and 100 kB lines of logs", async () => {
    await shop();
    const page = await at("/apps/shop/logs?find=evil");
    const log = page.getByRole("log");
    const line = log.getByText(evil).first();
    await line.waitFor();
    await log.getByText("\\u{202e}evil").first().waitFor();
    assert.match((await line.getAttribute("class")) ?? "", /ansi-red/);
    await page.getByLabel("Only lines with").fill("<b>xxx");
    const whole = log.getByRole("button", { name: /Show all/ });
    await whole.first().click();
    const long = page.getByRole("dialog");
    // Longer lines are kept in pieces.
    assert.match(await long.locator("pre").innerText(), /^<b>x{50000,}$/);
    await long.getByRole("button", { name: "Close" }).click();
    await walkTo(page, "/apps/shop/releases");
    await page.getByText(evil).first().waitFor();
    await assertHarmless(page);
  });

  test("whatever names and messages hold, every page shows it as text and fits a phone", async () => {
    await shop();
    await using window = await signedIn({ viewport: { width: 390, height: 800 } });
    const { page } = window;
    await page.route(/\/api\/(?!v1\/stream)/, async (route) => {
      const response = await route.fetch();
      const isJson = response.headers()["content-type"]?.includes("json") ?? false;
      if (!isJson || !response.ok()) return route.fulfill({ response });
      return route.fulfill({ response, json: poisoned(await response.json()) });
    });
    await page.goto("/");
    for (const path of pagesOf("shop")) {
      await walkTo(page, path);
      await loaded(page);
      await assertHarmless(page);
      await assertFits(page);
    }
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
    await assertHarmless(page);
    // What is still asked for has nobody to answer it when the window is closed.
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
}

/** Nothing of others became an element, turned the text around it, or ran. */
async function assertHarmless(page: Page): Promise<void> {
  assert.equal(await page.locator("img").count(), 0);
  assert.doesNotMatch(await page.locator("body").innerText(), marks, page.url());
  const title = await page.title();
  assert.ok(title !== "owned" && !marks.test(title), title);
}

// oxlint-disable-next-line no-control-regex -- finding them is the purpose
const marks = /[\u202a-\u202e\u2066-\u2069\u200b\u0000\u001b]/;
const long = `${evil} ${"W".repeat(60)}`;
const turning = `${long} \u202eevil\u2066\u200b\u001b[31m\u0000`;

/** What people choose within narrow rules, see `src/api/names.test.ts`: elements would be refused. */
const names = ["name", "user", "team", "operation", "code", "key", "processType", "fingerprint"];
/** What may hold anything. */
const words = [
  "actor",
  "author",
  "email",
  "userAgent",
  "address",
  "description",
  "message",
  "hint",
  "subject",
  "title",
  "command",
  "what",
  "found",
  "text",
  "problem",
  "fix",
  "file",
  "value",
  "commit",
  "lastError",
];

function poisoned(value: unknown, key = ""): unknown {
  if (typeof value === "string") {
    if (names.includes(key)) return value + long;
    return words.includes(key) ? value + turning : value;
  }
  if (Array.isArray(value)) return value.map((it) => poisoned(it, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, poisoned(it, name)]));
}
