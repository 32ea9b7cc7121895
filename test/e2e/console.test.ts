import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import type { Page } from "playwright-core";
import { assertAccessible, signIn, startBrowser } from "../browser.ts";
import { commit, runProgram, startPlatform, until, webApp } from "../platform.ts";

// Webhooks and drains of these tests are received on this machine.
const platform = await startPlatform('internal_targets: ["127.0.0.1"]\n');
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

test("a failing deploy is watched step by step and says why; a fixed one goes live", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  const tree = await platform.tree({ ...webApp("one"), Procfile: "web: node server.js\n" });
  await platform.berth("apps:create", "watched");
  assert.equal((await platform.push(tree, "watched")).code, 0);
  await commit(tree, { "server.js": 'console.error("no such table: orders"); process.exit(3);' });
  await page.goto("/apps/watched");
  await page.getByRole("heading", { name: "Last jobs" }).waitFor();
  const failing = platform.push(tree, "watched");
  const failed = page.getByRole("listitem").filter({ hasText: "exited with code 3" }).first();
  await failed.waitFor();
  assert.notEqual((await failing).code, 0);
  await failed.getByRole("link", { name: /^Deploy/ }).click();
  await page.getByRole("heading", { name: /^Deploy #/ }).waitFor();
  await page.getByRole("alert").getByText("no such table: orders").waitFor();
  await page.getByText("Building", { exact: true }).waitFor();
  await page.locator(".job-step-failed").first().waitFor();
  await page
    .getByRole("log", { name: /Output of job/ })
    .getByText("Starting web")
    .waitFor();
  await assertAccessible(page);

  await commit(tree, webApp("fixed"));
  await page.goto("/apps/watched");
  await page.getByText("v1", { exact: true }).first().waitFor();
  assert.equal((await platform.push(tree, "watched")).code, 0);
  await page.locator(".current-release").getByText("v3", { exact: true }).waitFor();
});

test("a rollback shows what it changes, and is followed to its end", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  const tree = await platform.tree(webApp("old"));
  await platform.berth("apps:create", "rolled");
  assert.equal((await platform.push(tree, "rolled")).code, 0);
  await commit(tree, webApp("new"), "Say <b>new</b>");
  assert.equal((await platform.push(tree, "rolled")).code, 0);
  await platform.berth("config:set", "-a", "rolled", "GREETING=hi");
  await page.goto("/apps/rolled/releases");
  await page.getByRole("button", { name: "Roll back to release 1" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("server.js").waitFor();
  await dialog.getByText("Say <b>new</b>").waitFor();
  await dialog.getByText("GREETING").waitFor();
  await assertAccessible(page);
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("heading", { name: /^Release #/ }).waitFor();
  await page.getByText("done", { exact: true }).first().waitFor();
  assert.equal((await platform.visit("rolled.localhost")).body, "old");
});

test("scaling, restarting and stopping are a click, and seen as they happen", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await platform.berth("apps:create", "scaled");
  assert.equal((await platform.push(await platform.tree(webApp("up")), "scaled")).code, 0);
  await page.goto("/apps/scaled");
  await page.getByRole("button", { name: "One web more" }).click();
  await page.getByRole("button", { name: "Scale" }).click();
  await page.getByText("web.2", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("stopped", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByText("running", { exact: true }).first().waitFor();
});

test("config vars are set and changed; a secret is masked until it is revealed", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await platform.berth("apps:create", "configured");
  await page.goto("/apps/configured/config");
  const set = async (name: string, value: string) => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Value", { exact: true }).fill(value);
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByRole("listitem").filter({ hasText: name }).waitFor();
  };
  await set("GREETING", "hello there");
  await page.getByText("hello there").waitFor();
  await page.getByRole("checkbox").check();
  await set("API_KEY", "sk-hidden-value");
  assert.doesNotMatch(await page.content(), /sk-hidden-value/);
  await assertAccessible(page);
  await page.getByRole("button", { name: "Reveal the value of API_KEY" }).click();
  await page.getByText("sk-hidden-value").waitFor();
  await page.getByRole("button", { name: "Unset GREETING" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Unset GREETING" }).click();
  await page.getByText("hello there").waitFor({ state: "detached" });
});

test("hostile words are shown as text: in messages, names and 100 kB lines of logs", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  const evil = `<img src=x onerror="document.title='owned'">`;
  const server = [
    `console.log(${JSON.stringify(`\u001b[31m${evil}\u001b[0m \u202eevil \u001b]0;title\u0007`)});`,
    `console.log("<b>" + "x".repeat(100_000));`,
    webApp("here")["server.js"],
  ].join("\n");
  const tree = await platform.tree({ ...webApp("x"), "server.js": server });
  await commit(tree, {}, `${evil} \u202ereversed`);
  await platform.berth("apps:create", "hostile");
  assert.equal((await platform.push(tree, "hostile")).code, 0);
  await page.goto("/apps/hostile/logs");
  const log = page.getByRole("log");
  await log.getByText(evil).waitFor();
  await log.getByText("\\u{202e}evil").waitFor();
  assert.match((await log.getByText(evil).getAttribute("class")) ?? "", /ansi-red/);
  await log
    .getByRole("button", { name: /Show all/ })
    .first()
    .click();
  const whole = await page.getByRole("dialog").locator("pre").innerText();
  assert.ok(whole.startsWith("<b>xxx"));
  const set = await platform.berth("config:set", "-a", "hostile", `EVIL=${evil}\u202e`);
  assert.equal(set.code, 0, set.stderr);
  for (const path of ["releases", "config"]) {
    await walkTo(page, `/apps/hostile/${path}`);
    await page.getByText(evil).first().waitFor();
  }
  for (const path of ["/activity", "/activity?show=events", "/audit", "/apps/hostile", "/"]) {
    await walkTo(page, path);
    await page.getByText("hostile").first().waitFor();
    await until(async () => (await page.locator("[aria-busy]").count()) === 0, "it is loaded");
    assert.equal(await page.locator("img").count(), 0);
    assert.doesNotMatch(await page.locator("body").innerText(), /\u202e/);
    assert.doesNotMatch(await page.title(), /owned/);
  }
});

test("a line reaches an open log within 300 ms, and the search reads what is kept", async (t) => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  // Each line says when it was printed, by the clock that the page has too.
  const server = `require("node:http").createServer((q, s) => { console.log("asked for " + q.url + " at " + Date.now()); s.end("ok"); }).listen(process.env.PORT)`;
  await platform.berth("apps:create", "talking");
  const tree = await platform.tree({ ...webApp("x"), "server.js": server });
  assert.equal((await platform.push(tree, "talking")).code, 0);
  await page.goto("/apps/talking/logs");
  await page.getByRole("log").waitFor();
  await platform.visit("talking.localhost", "/first");
  await page.getByText("asked for /first").waitFor();
  await page.evaluate(watchLines);
  const visitsMs: number[] = [];
  const delaysMs: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const askedAt = performance.now();
    await platform.visit("talking.localhost", `/round-${round}`);
    visitsMs.push(performance.now() - askedAt);
    await page.getByText(`asked for /round-${round}`).waitFor();
    delaysMs.push(await page.evaluate<number>(`window.delays["/round-${round}"]`));
  }
  const [delayMs, visitMs] = [medianOf(delaysMs), medianOf(visitsMs)];
  t.diagnostic(`a line is there after ${delayMs} ms, an answer after ${visitMs.toFixed(0)} ms`);
  assert.ok(delaysMs.every((it) => it >= 0));
  // How long a request takes says how busy the machine is at the moment.
  assert.ok(delayMs < 300 + visitMs, `a line took ${delayMs} ms beside a visit's ${visitMs} ms`);

  await page.getByLabel("Only lines with").fill("/round-1");
  await page.getByText("asked for /first").waitFor({ state: "detached" });
  await page.getByLabel("Written by").selectOption("router");
  await page
    .getByText(/GET .*\/round-1/)
    .first()
    .waitFor();
});

/** Notes in the page how old a line is when it is drawn. */
const watchLines = `
  window.delays = {};
  new MutationObserver(() => {
    const now = Date.now();
    for (const [, path, at] of document.querySelector("[role=log]").textContent.matchAll(/asked for (\\/round-\\d) at (\\d{13})/g))
      window.delays[path] ??= now - Number(at);
  }).observe(document.querySelector("[role=log]"), { subtree: true, childList: true, characterData: true });
`;

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test("a one-off command runs in a terminal", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await platform.berth("apps:create", "commanded");
  assert.equal((await platform.push(await platform.tree(webApp("x")), "commanded")).code, 0);
  await page.goto("/apps/commanded/terminal");
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator(".xterm-rows").getByText("$").first().waitFor();
  await page.keyboard.type("printf '\\033[38;2;9;9;200mblue-%s\\033[0m\\n' $((40+2))\n");
  await page.locator(".xterm-rows").getByText("blue-42").waitFor();
  await page.getByLabel("Command").fill("exit 7");
  await page.getByRole("button", { name: "Run again" }).click();
  await page.getByText("Ended with code 7.").waitFor();
});

test("limits are seen and set, and taken back by emptying them", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await page.goto("/apps/scaled/limits");
  const web = page.getByRole("region", { name: "Each instance of web" });
  const memory = web.getByLabel("Memory in MB");
  await memory.waitFor();
  assert.equal(await memory.getAttribute("placeholder"), "512");
  await memory.fill("96");
  await web.getByRole("button", { name: "Set limits" }).click();
  const memoryNow = async () => {
    const { stdout } = await platform.berth("limits", "-a", "scaled", "--json");
    return /"processType": ?"web"[^]*?"memoryBytes": ?(\d+)/.exec(stdout)?.[1];
  };
  await until(async () => (await memoryNow()) === String(96 * 1024 ** 2), "it is limited");
  await until(async () => (await memory.inputValue()) === "96", "it is shown");
  await assertAccessible(page);
  await memory.fill("");
  await web.getByRole("button", { name: "Set limits" }).click();
  await until(async () => (await memoryNow()) === String(512 * 1024 ** 2), "it is as before");
  await memory.fill("1");
  await web.getByRole("button", { name: "Set limits" }).click();
  await web.getByRole("alert").waitFor();
});

test("a webhook is told, tried and taken away; logs are drained and no more", async () => {
  const heard: string[] = [];
  await using receiver = await startReceiver((body) => heard.push(body));
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await page.goto("/apps/scaled/settings");
  const told = page.getByRole("region", { name: "Notifications" });
  await told.getByText("Nobody is told yet.").waitFor();
  await told.getByLabel("URL", { exact: true }).fill("http://169.254.169.254/latest");
  await told.getByRole("button", { name: "Add notification" }).click();
  await told.getByRole("alert").waitFor();
  await told.getByLabel("URL", { exact: true }).fill(`${receiver.url}/hook`);
  await told.getByRole("button", { name: "Add notification" }).click();
  await told.getByText(/^whsec_/).waitFor();
  await told.getByRole("button", { name: /^Test/ }).click();
  await page.getByText(/took the test message/).waitFor();
  assert.match(heard.join("\n"), /notification\.test/);

  const drains = page.getByRole("region", { name: "Log drains" });
  await drains.getByLabel("Address of the log service").fill(`${receiver.url}/logs`);
  await drains.getByRole("button", { name: "Add drain" }).click();
  await drains.getByRole("listitem").waitFor();
  await assertAccessible(page);
  await platform.visit("scaled.localhost");
  await until(async () => heard.length > 1, "the logs arrive");
  for (const part of [drains, told]) {
    await part.getByRole("button", { name: /^Remove/ }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Remove/ })
      .click();
    await part
      .getByRole("listitem")
      .filter({ hasText: "127.0.0.1" })
      .waitFor({ state: "detached" });
  }
});

async function startReceiver(
  onBody: (body: string) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      onBody(Buffer.concat(chunks).toString("utf8"));
      response.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

test("every page is fit for everybody, light and dark, on a desk and on a phone", async () => {
  const looks = [
    { colorScheme: "light", viewport: { width: 1280, height: 820 } },
    { colorScheme: "dark", viewport: { width: 1280, height: 820 } },
    { colorScheme: "light", viewport: { width: 390, height: 800 } },
  ] as const;
  const app = [
    "",
    "/releases",
    "/logs",
    "/metrics",
    "/config",
    "/domains",
    "/limits",
    "/protection",
    "/terminal",
    "/settings",
  ];
  const paths = [
    "/",
    "/new",
    ...app.map((page) => `/apps/shop${page}`),
    "/activity",
    "/activity?show=events",
    "/jobs/1",
    "/people",
    "/keys",
    "/audit",
    "/account",
    "/installation",
    "/nothing",
  ];
  await platform.berth("apps:create", "shop");
  for (const look of looks) {
    await using window = await browser.open(look);
    const { page } = window;
    await signIn(page, platform);
    await page.getByRole("navigation", { name: "Berth" }).waitFor();
    for (const path of paths) {
      await walkTo(page, path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await until(async () => (await page.locator("[aria-busy]").count()) === 0, "it is loaded");
      await assertAccessible(page);
      const overflow = await page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      assert.ok(overflow <= 0, `${path} fits ${look.viewport.width} pixels`);
    }
  }
});

/** Goes to an address as a link of the console does, without loading the console anew. */
async function walkTo(page: Page, path: string): Promise<void> {
  const walk = `history.pushState(null, "", ${JSON.stringify(path)}); dispatchEvent(new Event("popstate"))`;
  await page.evaluate(walk);
}

test("the keyboard alone gets everywhere", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await page.goto("/");
  await page.getByRole("heading", { name: "Apps" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the page");
  await page.getByRole("link", { name: "Keys" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
  assert.equal(await page.evaluate("document.activeElement.tagName"), "H1");
  await page.goBack();
  await page.getByRole("heading", { name: "Apps", level: 1 }).waitFor();

  await page.keyboard.press("Control+k");
  const places = page.getByRole("dialog", { name: "Go to" });
  await places.getByRole("option", { name: "scaled" }).waitFor();
  await assertAccessible(page);
  await page.keyboard.type("scaled");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "scaled", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("lim");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Limits", exact: true }).waitFor();
  assert.match(page.url(), /\/apps\/scaled\/limits$/);
});

test("the first load is small, and can be used within a second", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await page.getByRole("heading", { name: "Apps" }).waitFor();
  const loads: Load[] = [];
  for (let round = 0; round < 3; round += 1) {
    await page.context().clearCookies();
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

type Load = { readonly bytes: number; readonly readyMs: number };

test("nothing moves while an app's page fills and goes on", async (t) => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await page.getByRole("heading", { name: "Apps" }).waitFor();
  await page.goto("/apps/scaled");
  await page.evaluate(watchShifts);
  await page.getByRole("heading", { name: "Instances" }).waitFor();
  await until(async () => (await page.locator("[aria-busy]").count()) === 0, "it is loaded");
  const moved = async () => page.evaluate<number>("window.moved");
  for (let round = 0; round < 5; round += 1) await platform.visit("scaled.localhost");
  await platform.berth("ps:restart", "-a", "scaled");
  await page.getByText("just now").first().waitFor();
  const sum = await moved();
  t.diagnostic(`the layout moved by ${sum.toFixed(3)}`);
  // What web.dev calls good.
  assert.ok(sum < 0.1, `the layout moved by ${sum}`);
});

/** Sums up in the page how much of what is shown has moved by itself. */
const watchShifts = `
  window.moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.moved += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
`;

test("an app is destroyed only by whoever types its name", async () => {
  await using window = await browser.open();
  const { page } = window;
  await signIn(page, platform);
  await platform.berth("apps:create", "doomed");
  await page.goto("/apps/doomed/settings");
  const button = page.getByRole("button", { name: "Destroy doomed" });
  assert.ok(await button.isDisabled());
  await page.getByLabel("Type doomed to confirm").fill("doomed");
  await button.click();
  await page.getByRole("heading", { name: "Apps", level: 1 }).waitFor();
  await page.getByRole("link", { name: "doomed", exact: true }).waitFor({ state: "detached" });
});
