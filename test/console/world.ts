import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import type { BrowserContextOptions, Page } from "playwright-core";
import { startBrowser, type Window } from "../browser.ts";
import { startPlatform, webApp, type Platform } from "../platform.ts";
import { clientSecret, startProvider } from "../sign-on-provider.ts";

/** One platform and one browser, for all tests of the console. */
export type World = AsyncDisposable & {
  readonly platform: Platform;
  /** By a name, for which passkeys and the company's sign-on hold. */
  readonly url: string;
  /** A window for whoever looks after the machine. */
  readonly signedIn: (options?: BrowserContextOptions) => Promise<Window>;
  /** A window for whoever is not known. */
  readonly stranger: (options?: BrowserContextOptions) => Promise<Window>;
  /** The same app for every test that needs one that runs; deployed by whoever asks first. */
  readonly shop: () => Promise<"shop">;
  /** A link that signs in somebody who was just added. */
  readonly linkFor: (name: string, ...options: string[]) => Promise<string>;
};

export async function startWorld(): Promise<World> {
  const provider = await startProvider();
  // Webhooks and drains of these tests are received on this machine.
  const platform = await startPlatform(
    `internal_targets: ["127.0.0.1"]\nsign_on:\n  issuer: ${provider.signOn.issuer}\n  name: Company\n  client_secret_file: sign-on.secret\n`,
  );
  await writeFile(`${platform.home}/config/sign-on.secret`, clientSecret, { mode: 0o644 });
  const url = `http://localhost:${platform.ports.api}`;
  provider.allow(url);
  const browser = await startBrowser(platform);
  const token = (await readFile(`${platform.home}/data/api.token`, "utf8")).trim();
  let shop: Promise<"shop"> | null = null;
  return {
    platform,
    url,
    stranger: browser.open,
    signedIn: async (options) => {
      const window = await browser.open(options);
      // As the sign-in page keeps it.
      const keep = `if (location.origin !== "null") sessionStorage.setItem("berth.token", "${token}")`;
      await window.page.addInitScript(keep);
      return window;
    },
    shop: () => (shop ??= deployShop(platform)),
    linkFor: async (name, ...options) => {
      const added = await platform.berth("users:add", name, ...options);
      const [link] = /http\S+#link=\S+/.exec(added.stdout + added.stderr) ?? [];
      assert.ok(link, added.stderr + added.stdout);
      return `/${new URL(link).hash}`;
    },
    [Symbol.asyncDispose]: async () => {
      await browser[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

/** Prints each request with its moment, by the clock that pages have too. */
const server = `require("node:http").createServer((q, s) => { console.log("asked for " + q.url + " at " + Date.now()); s.end("ok"); }).listen(process.env.PORT)`;

async function deployShop(platform: Platform): Promise<"shop"> {
  await platform.berth("apps:create", "shop");
  const tree = await platform.tree({ ...webApp(""), "server.js": server });
  const pushed = await platform.push(tree, "shop");
  assert.equal(pushed.code, 0, pushed.stderr);
  return "shop";
}

/** Goes to an address as a link of the console does, without loading the console anew. */
export async function walkTo(page: Page, path: string): Promise<void> {
  const walk = `history.pushState(null, "", ${JSON.stringify(path)}); dispatchEvent(new Event("popstate"))`;
  await page.evaluate(walk);
}

/** Resolves when everything that the page asked for has come. */
export async function loaded(page: Page): Promise<void> {
  await page.locator("main h1").waitFor();
  await page.locator("[aria-busy]").first().waitFor({ state: "detached" });
}

/** All pages, each with something on it. */
export const pagesOf = (app: string) => [
  "/",
  "/new",
  ...[
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
  ].map((page) => `/apps/${app}${page}`),
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
