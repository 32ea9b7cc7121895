import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "./world.ts";

export function logTests({ platform, at, shop }: World): void {
  test("a line reaches an open log within 300 ms, and the search reads what is kept", async (t) => {
    await shop();
    const page = await at("/apps/shop/logs");
    await page.getByRole("log").waitFor();
    assert.equal((await platform.visit("shop.localhost", "/first")).status, 200);
    await page.getByText("asked for /first").waitFor();
    await page.evaluate(watchLines);
    const visitsMs: number[] = [];
    const delaysMs: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const askedAt = performance.now();
      await platform.visit("shop.localhost", `/round-${round}`);
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
    const line = page.getByText(/GET .*\/round-1/).first();
    await line.waitFor();
  });
}

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
