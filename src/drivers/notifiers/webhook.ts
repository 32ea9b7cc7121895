import { createHmac } from "node:crypto";
import { PlatformError } from "#domain/errors.ts";
import {
  sentenceOf,
  signingSecretPrefix,
  type NotificationEvent,
  type Notifier,
} from "#domain/notification.ts";
import { machineClock } from "#lib/clock.ts";
import { postOutbound } from "#lib/outbound-http.ts";
import { safeLine } from "#lib/safe-text.ts";
import { RefusedAddress, type OutboundGuard } from "#lib/outbound.ts";

const timeoutMs = 10_000;
const chatLengthMax = 1900;

/**
 * Posts each event as JSON, signed with the receiver's secret, with the time and with an id that
 * stays the same at every try.
 * @see https://www.standardwebhooks.com, whose headers these are
 */
export function createWebhookNotifier(guard: OutboundGuard): Notifier {
  return {
    check: (address) => checkUrl(guard, address),
    send: async ({ address, signingSecret }, { id, event }) => {
      const body = JSON.stringify({ id, ...event, at: event.at.toISOString() });
      const timestamp = Math.floor(machineClock.now().getTime() / 1000);
      const signature = signatureOf(signingSecret?.reveal() ?? "", `${id}.${timestamp}.${body}`);
      const headers = {
        "content-type": "application/json",
        "user-agent": "Berth",
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": signature,
      };
      await post(guard, { address: address.reveal(), headers, body });
    },
  };
}

/**
 * Posts a sentence to a chat's incoming webhook. `text` is what Slack, Mattermost, Rocket.Chat,
 * Google Chat and Teams read, `content` what Discord reads; each passes over the other.
 */
export function createChatNotifier(guard: OutboundGuard): Notifier {
  return {
    check: (address) => checkUrl(guard, address),
    send: async ({ address }, { event }) => {
      const headers = { "content-type": "application/json", "user-agent": "Berth" };
      await post(guard, { address: address.reveal(), headers, body: renderChat(event) });
    },
  };
}

function renderChat(event: NotificationEvent): string {
  const lines = sentenceOf(event).split("\n").map(safeLine);
  const sentence = lines.join("\n").slice(0, chatLengthMax);
  return JSON.stringify({
    // Slack takes <!channel> for a call to everybody.
    text: sentence.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    content: sentence,
    allowed_mentions: { parse: [] },
  });
}

function signatureOf(secret: string, signed: string): string {
  const key = Buffer.from(secret.slice(signingSecretPrefix.length), "base64");
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
}

function checkUrl(guard: OutboundGuard, address: string): void {
  const url = URL.parse(address);
  const isWeb = /^https?:\/\//i.test(address);
  if (!url || !isWeb || url.username !== "" || url.password !== "") {
    const problem =
      isWeb && !url
        ? "it names no host, as https://example.com/hook does"
        : "use an http:// or https:// URL without a user name in it";
    throw new PlatformError("invalid_input", { field: "address", problem });
  }
  try {
    guard.check(url.hostname);
  } catch (error) {
    if (!(error instanceof RefusedAddress)) throw error;
    throw new PlatformError("address_refused", { problem: error.message }, { cause: error });
  }
}

async function post(
  guard: OutboundGuard,
  { address, headers, body }: { address: string; headers: Record<string, string>; body: string },
): Promise<void> {
  const { status } = await postOutbound(guard, { url: new URL(address), headers, body, timeoutMs });
  if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`);
}
