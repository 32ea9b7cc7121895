import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import type { BrowserContextOptions, Page } from "playwright-core";
import { createApp } from "#api/apps.ts";
import { createClient, type Client } from "#api/client.ts";
import { addUser } from "#api/users.ts";
import { createTransport } from "#lib/http.ts";
import { startBrowser, type Window } from "../browser.ts";
import { commit, startPlatform, webApp, type Platform } from "../platform.ts";
import { clientSecret, startProvider } from "../sign-on-provider.ts";

/** One platform and one browser, for all tests of the console. */
export type World = AsyncDisposable & {
  readonly platform: Platform;
  /** By a name, for which passkeys and the company's sign-on hold. */
  readonly url: string;
  /** As whoever looks after the machine. */
  readonly call: Client;
  /** The one page of whoever looks after the machine, led to an address. */
  readonly at: (path: string) => Promise<Page>;
  /** A window of their own for the same. */
  readonly signedIn: (options?: BrowserContextOptions) => Promise<Window>;
  /** A window for whoever is not known. */
  readonly stranger: (options?: BrowserContextOptions) => Promise<Window>;
  /** The same app for every test that needs one that runs; deployed by whoever asks first. */
  readonly shop: () => Promise<"shop">;
  /** The address that signs in somebody who is added by this. */
  readonly linkFor: (person: Person) => Promise<string>;
};

type Person = {
  readonly name: string;
  readonly email?: string;
  readonly team?: string;
  readonly role?: string;
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
  const call = createClient(createTransport({ url, token }), url);
  const signedIn: World["signedIn"] = async (options) => {
    const window = await browser.open(options);
    // As the sign-in page keeps it.
    const keep = `if (location.origin !== "null") sessionStorage.setItem("berth.token", "${token}")`;
    await window.page.addInitScript(keep);
    return window;
  };
  let shared: Window | null = null;
  let shop: Promise<"shop"> | null = null;
  return {
    platform,
    url,
    call,
    at: async (path) => {
      if (shared) await walkTo(shared.page, path);
      else {
        shared = await signedIn();
        await shared.page.goto(path);
      }
      return shared.page;
    },
    signedIn,
    stranger: browser.open,
    shop: () => (shop ??= deployShop(platform, call)),
    linkFor: async (person) => {
      const { link } = await call(addUser, { body: person });
      return `/${new URL(link.url).hash}`;
    },
    [Symbol.asyncDispose]: async () => {
      // Here it must have seen no error.
      await shared?.[Symbol.asyncDispose]();
      await browser[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

/** Would run, were it an element. */
export const evil = `<img src=x onerror="document.title='owned'">`;

/** Prints each request with its moment, by the clock that pages have too; and what is hostile first. */
const server = [
  `console.log(${JSON.stringify(`\u001b[31m${evil}\u001b[0m \u202eevil \u001b]0;title\u0007`)});`,
  `console.log("<b>" + "x".repeat(100_000));`,
  `require("node:http").createServer((q, s) => { console.log("asked for " + q.url + " at " + Date.now()); s.end("ok"); }).listen(process.env.PORT);`,
].join("\n");

async function deployShop(platform: Platform, call: Client): Promise<"shop"> {
  await call(createApp, { body: { name: "shop" } });
  const tree = await platform.tree({ ...webApp(""), "server.js": server });
  await commit(tree, {}, `${evil} \u202ereversed`);
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

/** Nothing is wider than the window. */
export async function assertFits(page: Page): Promise<void> {
  const overflow = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  assert.ok(overflow <= 0, `${page.url()} is ${overflow} pixels too wide`);
}

/** All pages, each with something on it. */
export const pagesOf = (app: string) => [
  "/",
  "/new",
  ...[
    "",
    "/releases",
    // Lines of 100 kB have buttons as low as lines are.
    "/logs?find=asked",
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
