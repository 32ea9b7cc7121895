import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "#api/apps.ts";
import { assertAccessible } from "../browser.ts";
import { commit, webApp } from "../platform.ts";
import type { World } from "./world.ts";

export function deployTests({ platform, call, at }: World): void {
  test("a failing deploy is watched step by step and says why; a fixed one goes live; a rollback shows what it changes", async () => {
    const tree = await platform.tree(webApp("one"));
    await call(createApp, { body: { name: "watched" } });
    assert.equal((await platform.push(tree, "watched")).code, 0);
    await commit(tree, { "server.js": 'console.error("no such table: orders"); process.exit(3);' });
    const page = await at("/apps/watched");
    await page.getByRole("heading", { name: "Last jobs" }).waitFor();
    const failing = platform.push(tree, "watched");
    const release = page.getByRole("region", { name: "Release" });
    await release.getByText("exited with code 3").waitFor();
    assert.notEqual((await failing).code, 0);
    await release.getByRole("link", { name: /^Deploy/ }).click();
    await page.getByRole("heading", { name: /^Deploy #/ }).waitFor();
    await page.getByRole("alert").getByText("no such table: orders").waitFor();
    await page.getByText("Building", { exact: true }).waitFor();
    await page.locator(".job-step-failed").first().waitFor();
    const output = page.getByRole("log", { name: /Output of job/ });
    await output.getByText("Starting web").waitFor();
    await assertAccessible(page);
    await page.getByRole("link", { name: "Apps", exact: true }).click();
    await page.getByRole("link", { name: "last deploy failed" }).waitFor();

    await commit(tree, webApp("fixed"), "Say <b>fixed</b>");
    await page.getByRole("link", { name: "watched", exact: true }).click();
    await page.getByText("v1", { exact: true }).first().waitFor();
    assert.equal((await platform.push(tree, "watched")).code, 0);
    await release.getByText("v3", { exact: true }).waitFor();
    await release.getByText("exited with code 3").waitFor({ state: "detached" });

    await platform.berth("config:set", "-a", "watched", "GREETING=hi");
    await page.getByRole("link", { name: "Releases", exact: true }).click();
    await page.getByRole("button", { name: "Roll back to release 1" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("server.js").waitFor();
    await dialog.getByText("Say <b>fixed</b>").waitFor();
    await dialog.getByText("GREETING").waitFor();
    await assertAccessible(page);
    await dialog.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("heading", { name: /^Release #/ }).waitFor();
    await page.getByText("done", { exact: true }).first().waitFor();
    assert.equal((await platform.visit("watched.localhost")).body, "one");
  });
}
