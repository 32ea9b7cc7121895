import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { createApp } from "#api/apps.ts";
import { assertAccessible } from "../browser.ts";
import { until, webApp } from "../platform.ts";
import { assertFits, loaded, pagesOf, walkTo, type World } from "./world.ts";

export function lookTests({ platform, call, at, signedIn, shop }: World): void {
  test("every page is fit for everybody, light on a desk and dark on a phone", async () => {
    await shop();
    const looks = [
      { colorScheme: "light", viewport: { width: 1280, height: 820 }, rules: [] },
      // The same elements once more: only what colours and places decide is looked at.
      {
        colorScheme: "dark",
        viewport: { width: 390, height: 800 },
        rules: ["color-contrast", "target-size", "scrollable-region-focusable"],
      },
    ] as const;
    for (const { rules, ...look } of looks) {
      await using window = await signedIn(look);
      const { page } = window;
      await page.goto("/");
      for (const path of pagesOf("shop")) {
        await walkTo(page, path);
        await loaded(page);
        await assertAccessible(page, ...rules);
        await assertFits(page);
      }
    }
  });

  test("apps are found by their state, and a long list goes back to its beginning", async () => {
    await shop();
    await call(createApp, { body: { name: "empty" } });
    const page = await at("/");
    await page.getByLabel("State").selectOption("undeployed");
    await page.getByRole("link", { name: "shop", exact: true }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "empty", exact: true }).waitFor();
    assert.match(page.url(), /state=undeployed/);
    await page.getByLabel("State").selectOption("");
    await page.getByLabel("Order").selectOption("deployed");
    await page.getByRole("link", { name: "shop", exact: true }).waitFor();
    const isInOrder = async () => {
      const names = await page.locator(".app-name").allInnerTexts();
      return names.includes("shop") && names.indexOf("shop") < names.indexOf("empty");
    };
    await until(isInOrder, "what was deployed comes first");

    await walkTo(page, "/activity?show=events");
    await loaded(page);
    const older = page.getByRole("button", { name: "Show older" });
    const beginning = page.getByRole("listitem").filter({ hasText: "first was made." });
    const isThere = async () => {
      if (await beginning.isVisible()) return true;
      // It goes away with the last page.
      await older.click({ timeout: 500 }).catch(() => {});
      return false;
    };
    await until(isThere, "the list goes back to its beginning");
  });

  test("an app's branches are side by side, each with pages of its own", async () => {
    const long = `feature/${"very-".repeat(15)}long`;
    const branches = { main: {}, staging: {}, [long]: {} };
    await mkdir(`${platform.home}/config/repo`, { recursive: true });
    // JSON is YAML, too.
    await writeFile(`${platform.home}/config/repo/many.yml`, JSON.stringify({ branches }));
    const isThere = async () => (await platform.berth("apps:info", "many")).code === 0;
    await until(isThere, "the app of the file is there");
    const pushed = await platform.push(await platform.tree(webApp("many")), "many", [
      "main",
      "main:staging",
    ]);
    assert.equal(pushed.code, 0, pushed.stderr);
    await using window = await signedIn({ viewport: { width: 390, height: 800 } });
    const { page } = window;
    await page.goto("/");
    const others = page.getByRole("list", { name: "Other branches of many" });
    await others.getByRole("link", { name: long }).waitFor();
    await assertFits(page);
    await page.getByRole("link", { name: "many", exact: true }).click();
    const shown = page.getByRole("navigation", { name: "Branches" });
    await shown.getByRole("link", { name: /^staging/ }).click();
    await page.getByRole("heading", { name: "many@staging", level: 1 }).waitFor();
    const instances = page.getByRole("region", { name: "Instances" });
    await instances.getByText("running", { exact: true }).waitFor();
    await shown.getByRole("link", { name: /^feature/ }).click();
    await page.getByText("Waiting for your push.").waitFor();
    await page
      .getByRole("code")
      .filter({ hasText: `git push berth HEAD:${long}` })
      .waitFor();
    await assertFits(page);
    await assertAccessible(page);
  });

  test("traffic is a line in the list of apps, and plots move on by themselves", async () => {
    await shop();
    await using window = await signedIn();
    const { page } = window;
    await platform.visit("shop.localhost");
    await page.goto("/");
    const name = page.getByRole("link", { name: "shop", exact: true });
    const row = page.getByRole("listitem").filter({ has: name });
    const spark = row.getByRole("img", { name: /^[1-9]\d* requests? in the last hour$/ });
    // It is measured every ten seconds.
    const soon = 30_000;
    await spark.waitFor({ timeout: soon });
    const line = await spark.locator(".sparkline-line").getAttribute("d");
    assert.ok(new Set(line?.match(/,[\d.]+/g)).size > 1, `it has heights: ${line}`);
    await row.getByText(/^[\d.]+ MB$/).waitFor();
    await walkTo(page, "/apps/shop/metrics");
    const plot = page.getByRole("region", { name: "Requests" }).locator("canvas");
    await plot.waitFor();
    const drawn = () => plot.evaluate((it) => (it as unknown as Canvas).toDataURL());
    const before = await drawn();
    await until(async () => (await drawn()) !== before, "it was drawn anew", soon);
  });

  test("the installation tells of its host, disk, router, jobs and changes", async () => {
    await shop();
    const page = await at("/installation");
    const part = (name: string) => page.getByRole("region", { name, exact: true });
    await part("Berth").getByText(`port ${platform.ports.http} for HTTP`).waitFor();
    await part("Host").getByText("This machine").waitFor();
    await part("Disk").locator("canvas").waitFor();
    for (const list of ["Protection of apps", "Last jobs", "Last changes"]) {
      await part(list).getByRole("listitem").first().waitFor();
    }
  });

  test("the keyboard alone gets everywhere", async () => {
    const page = await at("/");
    await page.reload();
    await page.getByRole("heading", { name: "Apps" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the page");
    await page.getByRole("link", { name: "Keys" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
    const isAtHeading = () => page.evaluate<boolean>("document.activeElement.tagName === 'H1'");
    await until(isAtHeading, "the new page's heading has the focus");
    await page.goBack();
    await page.getByRole("heading", { name: "Apps", level: 1 }).waitFor();

    await page.keyboard.press("Control+k");
    const places = page.getByRole("dialog", { name: "Go to" });
    await places.getByRole("option", { name: "shop" }).waitFor();
    await assertAccessible(page);
    await page.keyboard.type("shop");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "shop", level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await places.getByRole("option").first().waitFor();
    await page.keyboard.type("lim");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/apps\/shop\/limits$/);
  });

  test("the first load is small, and can be used within a second", async () => {
    await using window = await signedIn();
    const { page } = window;
    const loads: Load[] = [];
    for (let round = 0; round < 3; round += 1) {
      await page.goto("about:blank");
      await page.goto("/");
      await page.getByRole("link", { name: "New app" }).waitFor();
      loads.push(
        await page.evaluate<Load>(`({
          bytes: ["navigation", "resource"]
            .flatMap((type) => performance.getEntriesByType(type))
            .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
          readyMs: performance.now(),
        })`),
      );
    }
    const fastest = Math.min(...loads.map(({ readyMs }) => readyMs));
    const largest = Math.max(...loads.map(({ bytes }) => bytes));
    assert.ok(largest > 50_000 && largest < 300_000, `${largest} bytes are loaded first`);
    assert.ok(fastest < 1000, `it takes ${fastest} ms`);
  });
}

type Canvas = { readonly toDataURL: () => string };
type Load = { readonly bytes: number; readonly readyMs: number };
