import { test } from "node:test";
import type { Page } from "playwright-core";
import { assertAccessible } from "../browser.ts";
import { totp } from "../totp.ts";
import type { World } from "./world.ts";

const password = "tin boat under lamp";

export function signInTests({ url, stranger, linkFor }: World): void {
  test("a person signs in by link, sets a password and a second factor, and is asked for both", async () => {
    await using window = await stranger();
    const { page } = window;
    await page.goto(await linkFor({ name: "ada" }));
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

  test("a passkey is made by a touch, and signs in without a password", async () => {
    await using window = await stranger({ baseURL: url });
    const { page } = window;
    await giveAuthenticator(page);
    await page.goto(await linkFor({ name: "grace" }));
    await page.getByLabel("Name of the device").fill("laptop");
    await page.getByRole("button", { name: "Add passkey" }).click();
    await page.getByRole("button", { name: "Remove laptop" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("navigation", { name: "Berth" }).getByText("grace").waitFor();
  });

  test("whom the company knows comes in through its sign-on; a stranger is told why not", async () => {
    await linkFor({ name: "ann", email: "ann@company.example" });
    await using window = await stranger({ baseURL: url });
    const { page } = window;
    // What the provider's page would load from elsewhere is no part of this.
    await page.route(/^https:/, (route) => route.fulfill({ body: "" }));
    const comeIn = async (login: string) => {
      await page.goto("/");
      await page.getByRole("button", { name: "Use Company" }).click();
      await page.locator("[name=login]").fill(login);
      await page.locator("[name=password]").fill("any");
      await page.locator("form:has([value=login]) [type=submit]").click();
      await page.locator("form:has([value=consent]) [type=submit]").click();
      await page.waitForURL(`${url}/**`);
    };
    await comeIn("stranger@company.example");
    await page.getByRole("alert").getByText("Company knows you, Berth does not.").waitFor();
    await assertAccessible(page);
    await page.context().clearCookies();
    await comeIn("ann@company.example");
    await page.getByRole("navigation", { name: "Berth" }).getByText("ann").waitFor();
  });
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
