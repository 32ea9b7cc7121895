import type { IncomingHttpHeaders } from "node:http";
import { PlatformError } from "#domain/errors.ts";

/**
 * Refuses what a page of another site makes a browser send along with our cookies: a browser says
 * of every such request where its page is from, and no page can change that.
 * @param url Where browsers find us; a proxy in front may have changed the host.
 * @throws {PlatformError} `not_permitted`
 */
export function refuseOtherSites(headers: IncomingHttpHeaders, url: string): void {
  if (isSameSite(headers, url)) return;
  throw new PlatformError("not_permitted", { actor: "A page of another site" });
}

function isSameSite({ origin, host }: IncomingHttpHeaders, url: string): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false;
  return origin === new URL(url).origin || (host !== undefined && new URL(origin).host === host);
}
