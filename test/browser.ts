import assert from "node:assert/strict";
import axe from "axe-core";
import { chromium, type BrowserContextOptions, type Page } from "playwright-core";
import type { Platform } from "./platform.ts";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type TestBrowser = AsyncDisposable & {
  /**
   * A window of its own, as another person on another computer would have it. At the end of the
   * scope it must have seen no error, and nothing that the content security policy forbids.
   */
  readonly open: (options?: BrowserContextOptions) => Promise<Window>;
};

export type Window = AsyncDisposable & { readonly page: Page };

/** Debian's Chromium, without a window, for the console of a platform. */
export async function startBrowser(platform: Platform): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
  const baseURL = `http://127.0.0.1:${platform.ports.api}`;
  return {
    open: async (options = {}) => {
      const context = await browser.newContext({
        baseURL,
        viewport: { width: 1280, height: 820 },
        locale: "en-GB",
        // What moves only to please the eye costs half a processor here.
        reducedMotion: "reduce",
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(`threw: ${error.message}`));
      page.on("console", (message) => {
        if (!isProblem(message.type(), message.text())) return;
        problems.push(`${message.text()} (${message.location().url})`);
      });
      return {
        page,
        [Symbol.asyncDispose]: async () => {
          await context.close();
          assert.deepEqual(problems, [], "the browser's console is empty");
        },
      };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/**
 * Fails when the page has a serious or critical hurdle for people who see, hear or move otherwise.
 * @param rules Those of axe to go by; all of them when none are named.
 */
export async function assertAccessible(page: Page, ...rules: string[]): Promise<void> {
  // Handed to the page by the tool, which the content security policy does not concern.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source);
  const options = {
    resultTypes: ["violations"],
    ...(rules.length > 0 && { runOnly: { type: "rule", values: rules } }),
  };
  const found = await page.evaluate(async (given) => {
    const injected = globalThis as unknown as {
      axe: { run: (options: object) => Promise<AxeResult> };
    };
    const { violations } = await injected.axe.run(given);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
  }, options);
  assert.deepEqual(found, [], `no serious hurdle at ${page.url()}`);
}

type AxeResult = {
  readonly violations: readonly {
    readonly id: string;
    readonly impact?: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
};

/**
 * A refused request, or a stream that is cut as its session ends, is logged by the browser itself;
 * that it is so is what tests ask about.
 */
function isProblem(type: string, text: string): boolean {
  const refused = /Failed to load resource: the server responded with a status of 4\d\d/;
  const cut = /Failed to load resource: net::ERR_INCOMPLETE_CHUNKED_ENCODING/;
  if (refused.test(text) || cut.test(text)) return false;
  return type === "error" || type === "warning";
}
