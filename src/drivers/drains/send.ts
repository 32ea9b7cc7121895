import { LinesRefused, type DrainLine } from "#domain/drain.ts";
import { postOutbound } from "#lib/outbound-http.ts";
import type { OutboundGuard } from "#lib/outbound.ts";

/** Who lines are said to come from. */
export type DrainIdentity = { readonly target: string; readonly host: string };

export type Sending = {
  readonly url: URL;
  readonly ca: string | undefined;
  readonly identity: DrainIdentity;
  readonly lines: readonly DrainLine[];
};

export type Send = (guard: OutboundGuard, sending: Sending) => Promise<void>;

export const sendTimeoutMs = 15_000;

/** What says that these lines are wrong, not that it is not the time for them. */
const refusals: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/** Posts lines to a URL that may hold a user name and a password. */
export async function postLines(
  guard: OutboundGuard,
  { url, ca }: Pick<Sending, "url" | "ca">,
  { type, body }: { readonly type: string; readonly body: string },
): Promise<void> {
  const { username, password } = url;
  const bare = new URL(url);
  [bare.username, bare.password] = ["", ""];
  const credentials = [username, password].map(decodeURIComponent).join(":");
  const headers = {
    "content-type": type,
    "user-agent": "Berth",
    ...(username === "" ? {} : { authorization: `Basic ${btoa(credentials)}` }),
  };
  const asked = { url: bare, headers, body, timeoutMs: sendTimeoutMs, ca };
  const { status, text } = await postOutbound(guard, asked);
  if (status >= 200 && status <= 299) return;
  const said = `it answered with status ${status}: ${text.slice(0, 200)}`;
  throw refusals.has(status) ? new LinesRefused(said) : new Error(said);
}

/** A scheme of the web for one of ours: `https:` for `loki+https:`. */
export function webUrl(url: URL): URL {
  return new URL(url.href.replace(/^loki\+/, ""));
}
