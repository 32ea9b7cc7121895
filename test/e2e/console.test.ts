import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { assertAccessible, signIn, startBrowser } from "../browser.ts";
import { runProgram, startPlatform, webApp } from "../platform.ts";

const platform = await startPlatform();
const browser = await startBrowser(platform);
after(async () => {
  await browser[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

test("whoever opens the console the first time ends with a pushed app", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await page.getByRole("heading", { name: "Welcome to Berth" }).waitFor();
  await assertAccessible(page);

  const key = `${platform.folder}/second`;
  await runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "b@laptop", "-f", key]);
  await page.goto("/keys");
  await page.getByLabel("Public key", { exact: true }).fill(await readFile(`${key}.pub`, "utf8"));
  await page.getByRole("button", { name: "Add key" }).click();
  await page.getByText("b@laptop").first().waitFor();

  await page.goto("/");
  await page.getByLabel("Name of the app").fill("shop");
  await page.getByRole("button", { name: "Create app" }).click();
  await page.getByText("Waiting for your push.").waitFor();
  const commands = page.getByRole("list", { name: "Commands for the first push" });
  const [remote = "", push = ""] = await commands.getByRole("code").allInnerTexts();
  const address = `ssh://${platform.account}@127.0.0.1:${platform.ports.ssh}/shop`;
  assert.equal(remote, `git remote add berth ${address}`);
  assert.equal(push, "git push berth HEAD:main");

  const pushed = await platform.push(await platform.tree(webApp("hello")), "shop");
  assert.equal(pushed.code, 0, pushed.stderr);
  await page.getByText("running", { exact: true }).first().waitFor();
  await page.getByRole("heading", { name: "Release" }).waitFor();
  await assertAccessible(page);
});
