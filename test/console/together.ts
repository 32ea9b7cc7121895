import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { createApp, destroyApp } from "#api/apps.ts";
import type { World } from "./world.ts";

/** What happens in the page while something else does: other tabs, other people, answers that take long. */
export function togetherTests({ call, signedIn, shop }: World): void {
  test("an answer that does not come keeps nobody from sending a form, nor does a network that is away", async () => {
    await shop();
    await using window = await signedIn();
    const { page } = window;
    await page.goto("/apps/shop/domains");
    const field = page.getByLabel("Domain", { exact: true });
    const button = page.getByRole("button", { name: "Add domain" });
    await field.waitFor();
    await page.route("**/api/v1/account", () => {});
    await page.evaluate("dispatchEvent(new Event('offline'))");
    for (const name of ["one.example.com", "two.example.com"]) {
      await field.fill(name);
      await button.click({ timeout: 5000 });
      await page.getByRole("listitem").filter({ hasText: name }).waitFor();
    }
    await page.unrouteAll();
  });

  test("many tabs work beside each other, and each is up to date when it is looked at", async () => {
    await using window = await signedIn();
    const context = window.page.context();
    const tabs = [window.page];
    await window.page.goto("/");
    // A browser opens six connections to a host, for all its tabs.
    while (tabs.length < 8) {
      await see(tabs.at(-1), "hidden");
      tabs.push(await openTab(context, window.page));
    }
    const [first, last] = [tabs[0], tabs.at(-1)];
    assert.ok(first && last);
    const listed = (page: Page) => page.getByRole("link", { name: "beside", exact: true });
    await call(createApp, { body: { name: "beside" } });
    await listed(last).waitFor();
    assert.equal(await listed(first).count(), 0);
    await see(last, "hidden");
    await see(first, "visible");
    await listed(first).waitFor();
    await call(destroyApp, { params: { app: "beside" }, query: { confirm: "beside" } });
    await listed(first).waitFor({ state: "detached" });
  });
}

/** Another tab of the same browser, with the session of the first. */
async function openTab(context: BrowserContext, like: Page): Promise<Page> {
  const token = await like.evaluate<string>("sessionStorage.getItem('berth.token')");
  const page = await context.newPage();
  await page.addInitScript(
    `if (location.origin !== "null") sessionStorage.setItem("berth.token", "${token}")`,
  );
  await page.goto("/");
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

/** A browser without a window takes all its tabs for seen. */
async function see(page: Page | undefined, how: "visible" | "hidden"): Promise<void> {
  await page?.evaluate(`
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "${how}" });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}
