import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { addNotification } from "#api/notifications.ts";
import { until } from "../platform.ts";
import type { World } from "./world.ts";

export function sendingTests({ platform, call, at, shop }: World): void {
  test("a webhook is told, tried and taken away; logs are drained and no more", async () => {
    await shop();
    const heard: string[] = [];
    await using receiver = await startReceiver((body) => heard.push(body));
    const page = await at("/apps/shop/settings");
    const told = page.getByRole("region", { name: "Notifications" });
    await told.getByText("Nobody is told yet.").waitFor();
    await told.getByLabel("URL", { exact: true }).fill("http://169.254.169.254/latest");
    await told.getByRole("button", { name: "Add notification" }).click();
    await told.getByRole("alert").waitFor();
    await told.getByLabel("URL", { exact: true }).fill(`${receiver.url}/hook`);
    await told.getByRole("button", { name: "Add notification" }).click();
    await told.getByText(/^whsec_/).waitFor();
    await told.getByRole("button", { name: /^Test/ }).click();
    await page.getByText(tookOf(receiver.url)).waitFor();
    assert.match(heard.join("\n"), /notification\.test/);
    const hook = told.getByRole("listitem");
    await hook.getByText(/^Change/).click();
    await hook.getByLabel("a release went live").uncheck();
    await hook.getByLabel("somebody stopped it").check();
    await hook.getByRole("button", { name: "Save" }).click();
    await hook.getByText(/the disk is nearly full, somebody stopped it/).waitFor();

    const drains = page.getByRole("region", { name: "Log drains" });
    await drains.getByLabel("Address of the log service").fill(`${receiver.url}/logs`);
    await drains.getByRole("button", { name: "Add drain" }).click();
    await drains.getByRole("listitem").filter({ hasText: "127.0.0.1" }).waitFor();
    await platform.visit("shop.localhost");
    // How it does is shown as it goes.
    await drains.getByText("sending", { exact: true }).waitFor();
    await until(async () => heard.length > 1, "the logs arrive");
    for (const part of [drains, told]) {
      await part.getByRole("button", { name: /^Remove/ }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: /^Remove/ }).click();
      const sent = part.getByRole("listitem").filter({ hasText: "127.0.0.1" });
      await sent.waitFor({ state: "detached" });
    }
  });

  test("who is told of a team's apps is seen, tried and taken away where the team is", async () => {
    const heard: string[] = [];
    await using receiver = await startReceiver((body) => heard.push(body));
    const page = await at("/people");
    const told = page.getByRole("region", { name: "Notifications of main" });
    await told.getByText("Nobody is told yet.").waitFor();
    // By somebody else, so that it comes over the stream.
    await call(addNotification, {
      body: { team: "main", kind: "chat", address: `${receiver.url}/room` },
    });
    const room = told.getByRole("listitem").filter({ hasText: "127.0.0.1" });
    await room.getByRole("button", { name: /^Test/ }).click();
    await page.getByText(tookOf(receiver.url)).waitFor();
    assert.match(heard.join("\n"), /This is how Berth tells you/);
    await room.getByRole("button", { name: /^Remove/ }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Remove/ })
      .click();
    await room.waitFor({ state: "detached" });
    await told.getByText("Tell somebody", { exact: true }).click();
    await told.getByLabel("Tell", { exact: true }).selectOption("chat");
    await told.getByLabel("URL that the chat gave you").fill(`${receiver.url}/own`);
    await told.getByRole("button", { name: "Add notification" }).click();
    await room.waitFor();
  });
}

/** With whose it is: notices stay for a while, also on the next page. */
const tookOf = (url: string) => `${url}/… took the test message.`;

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
