import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { after, test } from "node:test";
import type { Page } from "playwright-core";
import { assertAccessible, startBrowser } from "../browser.ts";
import { startPlatform } from "../platform.ts";
import { clientSecret, startProvider } from "../sign-on-provider.ts";

const password = "tin boat under lamp";
const provider = await startProvider();
const platform = await startPlatform(
  `sign_on:\n  issuer: ${provider.signOn.issuer}\n  name: Company\n  client_secret_file: sign-on.secret\n`,
);
await writeFile(`${platform.home}/config/sign-on.secret`, clientSecret, { mode: 0o644 });
// Passkeys and the company's sign-on hold for one name, which is localhost here.
const url = `http://localhost:${platform.ports.api}`;
provider.allow(url);
const browser = await startBrowser(platform);
after(async () => {
  await browser[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

test("a person signs in by link, sets a password and a second factor, and is asked for both", async () => {
  await using window = await browser.open();
  const { page } = window;
  await openLink(page, await linkFor("ada"));
  await page.getByRole("heading", { name: "ada", level: 1 }).waitFor();
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByRole("heading", { name: "Change your password" }).waitFor();
  await page.getByLabel("Your password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Turn on" }).click();
  const key = page.getByRole("list", { name: "The key to type" }).getByRole("code");
  const secret = await key.innerText();
  await assertAccessible(page);
  await page.getByLabel("Code that the app shows").fill(totp(secret));
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("button", { name: "Turn off" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();

  await page.getByRole("heading", { name: "Sign in to Berth" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("ada");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").getByText("Name or password is wrong.").waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByLabel("Code", { exact: true }).fill(totp(secret));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("navigation", { name: "Berth" }).getByText("ada").waitFor();
});

test("a second person sees nothing of an app that is not theirs", async () => {
  await using window = await browser.open();
  const { page } = window;
  await platform.berth("apps:create", "shop");
  await platform.berth("teams:add", "other");
  await platform.berth("apps:create", "theirs");
  const moved = await platform.berth("apps:transfer", "theirs", "other");
  assert.equal(moved.code, 0, moved.stderr);
  await openLink(page, await linkFor("bob", "--team", "other", "--role", "viewer"));
  await page.getByRole("heading", { name: "bob", level: 1 }).waitFor();
  await page.goto("/");
  await page.getByRole("link", { name: "theirs", exact: true }).waitFor();
  assert.equal(await page.getByText("shop").count(), 0);
  assert.equal(await page.getByRole("link", { name: "Installation" }).count(), 0);
  await page.goto("/apps/shop");
  await page.getByRole("alert").getByText("No app is named shop.").waitFor();
  await page.goto("/activity?show=events");
  await page.getByRole("heading", { name: "Activity" }).waitFor();
  await platform.berth("config:set", "-a", "shop", "SEEN=by-others");
  await platform.berth("config:set", "-a", "theirs", "SEEN=by-bob");
  await page.getByRole("listitem").filter({ hasText: "theirs" }).first().waitFor();
  assert.equal(await page.getByRole("listitem").filter({ hasText: "shop" }).count(), 0);
  await page.goto("/apps/theirs");
  await page.getByRole("heading", { name: "theirs", level: 1 }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Config vars" }).count(), 0);
});

test("a passkey is made by a touch, and signs in without a password", async () => {
  await using window = await browser.open({ baseURL: url });
  const { page } = window;
  await giveAuthenticator(page);
  await openLink(page, await linkFor("grace"));
  await page.getByLabel("Name of the device").fill("laptop");
  await page.getByRole("button", { name: "Add passkey" }).click();
  await page.getByRole("button", { name: "Remove laptop" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("navigation", { name: "Berth" }).getByText("grace").waitFor();
});

test("whom the company knows comes in through its sign-on; a stranger is told why not", async () => {
  await linkFor("ann", "--email", "ann@company.example");
  await using window = await browser.open({ baseURL: url });
  const { page } = window;
  // What the provider's page would load from elsewhere is no part of this.
  await page.route(/^https:/, (route) => route.fulfill({ body: "" }));
  const comeIn = async (login: string) => {
    await page.goto("/");
    await page.getByRole("button", { name: "Use Company" }).click();
    await page.locator("[name=login]").fill(login);
    await page.locator("[name=password]").fill("any");
    await page.locator("[type=submit]").click();
    await page.locator("[type=submit]").click();
    await page.waitForURL(`${url}/**`);
  };
  await comeIn("stranger@company.example");
  await page.getByRole("alert").getByText("Company knows you, Berth does not.").waitFor();
  await assertAccessible(page);
  await page.context().clearCookies();
  await comeIn("ann@company.example");
  await page.getByRole("navigation", { name: "Berth" }).getByText("ann").waitFor();
});

async function openLink(page: Page, link: string): Promise<void> {
  await page.goto(`/${new URL(link).hash}`);
}

async function linkFor(name: string, ...options: string[]): Promise<string> {
  const added = await platform.berth("users:add", name, ...options);
  const [link] = /http\S+#link=\S+/.exec(added.stdout + added.stderr) ?? [];
  assert.ok(link, added.stderr + added.stdout);
  return link;
}

/** A device that keeps passkeys, touched whenever it asks. @see the protocol's WebAuthn domain */
async function giveAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** @see RFC 6238 */
function totp(base32: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const digits = base32.split("").map((it) => alphabet.indexOf(it).toString(2).padStart(5, "0"));
  const octets = digits.join("").match(/.{8}/g) ?? [];
  const key = Buffer.from(octets.map((it) => Number.parseInt(it, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}
