import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "#api/apps.ts";
import { listJobs } from "#api/jobs.ts";
import { listLimits } from "#api/limits.ts";
import { until, webApp } from "../platform.ts";
import type { World } from "./world.ts";

export function settingsTests({ platform, call, at, shop }: World): void {
  test("config vars are set and changed; a secret is masked until it is revealed", async () => {
    await call(createApp, { body: { name: "configured" } });
    const page = await at("/apps/configured/config");
    const set = async (name: string, value: string) => {
      const nameField = page.getByLabel("Name", { exact: true });
      await nameField.fill(name);
      await page.getByLabel("Value", { exact: true }).fill(value);
      await page.getByRole("button", { name: "Set", exact: true }).click();
      await page.getByRole("listitem").filter({ hasText: name }).waitFor();
    };
    await set("GREETING", "hello there");
    await page.getByText("hello there").waitFor();
    await page.getByRole("checkbox").check();
    await set("API_KEY", "sk-hidden-value");
    assert.doesNotMatch(await page.content(), /sk-hidden-value/);
    await page.getByRole("button", { name: "Reveal the value of API_KEY" }).click();
    await page.getByText("sk-hidden-value").waitFor();
    await page.getByRole("button", { name: "Change API_KEY" }).click();
    await page.getByLabel("Value", { exact: true }).fill("sk-another-value");
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByText("sk-hidden-value").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Unset GREETING" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Unset GREETING" }).click();
    await page.getByText("hello there").waitFor({ state: "detached" });
  });

  test("limits are seen and set, and taken back by emptying them", async () => {
    await shop();
    const page = await at("/apps/shop/limits");
    const web = page.getByRole("region", { name: "Each instance of web" });
    const memory = web.getByLabel("Memory in MB");
    await memory.waitFor();
    assert.equal(await memory.getAttribute("placeholder"), "512");
    await memory.fill("96");
    await web.getByRole("button", { name: "Set limits" }).click();
    const memoryNow = async () => {
      const { items } = await call(listLimits, { params: { target: "shop" } });
      const status = items.find((it) => it.scope.kind === "type" && it.scope.processType === "web");
      return (status?.limits.memoryBytes ?? 0) / 1024 ** 2;
    };
    await until(async () => (await memoryNow()) === 96, "it is limited");
    assert.equal(await memory.inputValue(), "96");
    await memory.fill("");
    await web.getByRole("button", { name: "Set limits" }).click();
    await until(async () => (await memoryNow()) === 512, "it is as before");
    await memory.fill("1");
    await web.getByRole("button", { name: "Set limits" }).click();
    await web.getByRole("alert").waitFor();
  });

  test("what was sent is shown until it holds, and can be sent again where it was refused", async () => {
    await call(createApp, { body: { name: "slow" } });
    const tree = await platform.tree({ ...webApp(""), "server.js": slowServer });
    assert.equal((await platform.push(tree, "slow")).code, 0);
    const page = await at("/apps/slow/limits");
    const web = page.getByRole("region", { name: "Each instance of web" });
    const files = web.getByLabel("Open files");
    const set = web.getByRole("button", { name: "Set limits" });
    await files.waitFor();
    await page.evaluate(watchFields("Open files"));
    await files.fill("4096");
    await set.click();
    const jobs = async () => (await call(listJobs, { query: { target: "slow" } })).items;
    await until(async () => (await jobs()).length === 2, "it is on its way");
    // Its release is not healthy yet, and does not keep anybody from going on.
    await web.getByLabel("Memory in MB").fill("96");
    await set.click();
    const filesNow = async () => {
      const { items } = await call(listLimits, { params: { target: "slow" } });
      return items.some(
        ({ limits }) => limits.openFiles === 4096 && limits.memoryBytes === 96 << 20,
      );
    };
    await until(filesNow, "both hold");
    assert.deepEqual(await page.evaluate("window.seen"), ["", "4096"]);

    await page.getByRole("link", { name: "Config vars" }).click();
    const name = page.getByLabel("Name", { exact: true });
    const value = page.getByLabel("Value", { exact: true });
    await name.fill("BROKEN");
    await value.fill("long and typed by hand");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByRole("alert").getByText("exited with code 3").waitFor();
    assert.equal(await value.inputValue(), "");
    await page.getByRole("button", { name: "Show what was sent" }).click();
    assert.equal(await value.inputValue(), "long and typed by hand");
  });

  test("a domain is added, answered at and removed; the protections of an app are seen to hold", async () => {
    await shop();
    const page = await at("/apps/shop/domains");
    await page.getByLabel("Domain", { exact: true }).fill("shop.example.com");
    await page.getByRole("button", { name: "Add domain" }).click();
    const domain = page.getByRole("listitem").filter({ hasText: "shop.example.com" });
    await domain.waitFor();
    await until(async () => (await platform.visit("shop.example.com")).body === "ok", "it answers");
    await domain.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await domain.waitFor({ state: "detached" });

    await page.getByRole("link", { name: "Protection" }).click();
    const user = page.getByRole("listitem").filter({ hasText: "Linux user of their own" });
    await user.getByText(process.getuid?.() === 0 ? "holds" : "missing", { exact: true }).waitFor();
  });
}

/** Takes its time until it answers, and with a certain config var never does. */
const slowServer = `
if (process.env.BROKEN) process.exit(3);
setTimeout(() => require("node:http").createServer((q, s) => s.end("ok")).listen(process.env.PORT), 700);
`;

/** Notes in the page what a field shows, one thing after the other. */
const watchFields = (label: string) => `
  window.seen = [];
  const look = () => {
    const [field] = [...document.querySelectorAll("input")].filter((it) => it.labels[0].textContent === ${JSON.stringify(label)});
    if (field && field.value !== window.seen.at(-1)) window.seen.push(field.value);
    requestAnimationFrame(look);
  };
  look();
`;
