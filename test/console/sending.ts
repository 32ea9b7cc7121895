import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { until } from "../platform.ts";
import type { World } from "./world.ts";

export function sendingTests({ platform, at, shop }: World): void {
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
    await page.getByText(/took the test message/).waitFor();
    assert.match(heard.join("\n"), /notification\.test/);

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
}

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
