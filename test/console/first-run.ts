import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertAccessible } from "../browser.ts";
import { webApp } from "../platform.ts";
import { runProgram } from "../programs.ts";
import type { World } from "./world.ts";

export function firstRunTests({ platform, stranger }: World): void {
  test("whoever opens the console the first time ends with a pushed app", async () => {
    await using window = await stranger();
    const { page } = window;
    await page.goto("/");
    await assertAccessible(page);
    await page.getByRole("button", { name: "Use a token" }).click();
    const token = await readFile(`${platform.home}/data/api.token`, "utf8");
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Welcome to Berth" }).waitFor();
    await assertAccessible(page);

    const key = `${platform.folder}/second`;
    await runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "b@laptop", "-f", key]);
    await page.getByRole("link", { name: "Keys" }).click();
    await page.getByLabel("Public key", { exact: true }).fill(await readFile(`${key}.pub`, "utf8"));
    await page.getByRole("button", { name: "Add key" }).click();
    await page.getByText("b@laptop").first().waitFor();

    await page.getByRole("link", { name: "Apps", exact: true }).click();
    await page.getByLabel("Name of the app").fill("first");
    await page.getByRole("button", { name: "Create app" }).click();
    await page.getByText("Waiting for your push.").waitFor();
    const commands = page.getByRole("list", { name: "Commands for the first push" });
    const [remote = "", push = ""] = await commands.getByRole("code").allInnerTexts();
    const address = `ssh://${platform.account}@127.0.0.1:${platform.ports.ssh}/first`;
    assert.equal(remote, `git remote add berth ${address}`);
    assert.equal(push, "git push berth HEAD:main");
    await commands.getByRole("button", { name: `Copy: ${remote}` }).click();
    await commands.getByText("Copied").first().waitFor();

    const pushed = await platform.push(await platform.tree(webApp("hello")), "first");
    assert.equal(pushed.code, 0, pushed.stderr);
    await page.getByText("running", { exact: true }).first().waitFor();
    await page.getByRole("heading", { name: "Release" }).waitFor();

    await page.getByRole("link", { name: "Keys" }).click();
    const laptop = page.getByRole("listitem").filter({ hasText: "b@laptop" });
    await laptop.getByRole("button", { name: /^Remove/ }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Remove/ })
      .click();
    await laptop.waitFor({ state: "detached" });
  });
}
