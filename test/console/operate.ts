import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "#api/apps.ts";
import { until } from "../platform.ts";
import { loaded, walkTo, type World } from "./world.ts";

export function operateTests({ platform, call, at, shop }: World): void {
  test("scaling, stopping and starting are a click, and seen as they happen", async () => {
    await shop();
    const page = await at("/apps/shop");
    await page.getByRole("button", { name: "One web more" }).click();
    await page.getByRole("button", { name: "Scale" }).click();
    await page.getByText("web.2", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("stopped", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const instances = page.getByRole("region", { name: "Instances" });
    await instances.getByText("running", { exact: true }).first().waitFor();
    const answers = async () => (await platform.visit("shop.localhost")).status === 200;
    await until(answers, "it answers");
  });

  test("nothing moves while an app's page fills and goes on", async (t) => {
    await shop();
    const page = await at("/apps/shop");
    await page.reload();
    await page.evaluate(watchShifts);
    await page.getByRole("heading", { name: "Instances" }).waitFor();
    await loaded(page);
    for (let round = 0; round < 5; round += 1) await platform.visit("shop.localhost");
    await page.getByRole("button", { name: "Restart", exact: true }).first().click();
    await page.getByText("just now").first().waitFor();
    const moved = await page.evaluate<number>("window.moved");
    t.diagnostic(`the layout moved by ${moved.toFixed(3)}`);
    // What web.dev calls good.
    assert.ok(moved < 0.1, `the layout moved by ${moved}`);
  });

  test("a one-off command runs in a terminal, and its output is kept with its job", async () => {
    await shop();
    const page = await at("/apps/shop/terminal");
    await page.getByRole("button", { name: "Run" }).click();
    const rows = page.locator(".xterm-rows");
    await rows.getByText("$").first().waitFor();
    await page.keyboard.type("printf '\\033[38;2;9;9;200mblue-%s\\033[0m\\n' $((40+2))\n");
    await rows.getByText("blue-42").waitFor();
    await page.getByLabel("Command").fill("echo kept-$((40+2)); exit 7");
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByText("Ended with code 7.").waitFor();
    await walkTo(page, "/activity");
    const job = page.getByRole("listitem").filter({ hasText: "echo kept-" });
    await job.getByRole("link", { name: /^Command #/ }).click();
    await page.getByRole("log").getByText("kept-42").waitFor();
  });

  test("an app is destroyed only by whoever types its name", async () => {
    await call(createApp, { body: { name: "doomed" } });
    const page = await at("/apps/doomed/settings");
    const button = page.getByRole("button", { name: "Destroy doomed" });
    assert.ok(await button.isDisabled());
    await page.getByLabel("Type doomed to confirm").fill("doomed");
    await button.click();
    await page.getByRole("heading", { name: "Apps", level: 1 }).waitFor();
    await loaded(page);
    const link = page.getByRole("link", { name: "doomed", exact: true });
    await until(async () => (await link.count()) === 0, "it is gone");
  });
}

/** Sums up in the page how much of what is shown has moved by itself. */
const watchShifts = `
  window.moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.moved += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
`;
