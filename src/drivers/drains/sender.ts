import { hostname } from "node:os";
import type { DrainSender } from "#domain/drain.ts";
import { PlatformError } from "#domain/errors.ts";
import { RefusedAddress, type OutboundGuard } from "#lib/outbound.ts";
import { sendJson } from "./json.ts";
import { sendLoki } from "./loki.ts";
import { sendSyslog } from "./syslog.ts";
import type { Send } from "./send.ts";

/** Ways to send lines, by the URL's scheme. */
const ways: Readonly<Record<string, Send>> = {
  "syslog:": sendSyslog,
  "syslog+tls:": sendSyslog,
  "http:": sendJson,
  "https:": sendJson,
  "loki+http:": sendLoki,
  "loki+https:": sendLoki,
};

/** Sends lines wherever a URL says, past nothing that the guard refuses. */
export function createDrainSender(guard: OutboundGuard): DrainSender {
  return {
    check: (text) => {
      const url = URL.parse(text);
      const schemes = Object.keys(ways).map((it) => `${it}//`);
      if (!url || !Object.hasOwn(ways, url.protocol) || url.hostname === "") {
        const scheme = schemes.find((it) => text.startsWith(it));
        const problem = scheme
          ? `it names no host, as ${scheme}logs.example.com does`
          : `use a URL that begins with ${schemes.join(", ")}`;
        throw new PlatformError("invalid_input", { field: "url", problem });
      }
      try {
        // A scheme that is not the web's is not parsed like it: numbers stay as they are written.
        guard.check(new URL(`http://${url.hostname}`).hostname);
      } catch (error) {
        if (!(error instanceof RefusedAddress)) throw error;
        throw new PlatformError("address_refused", { problem: error.message }, { cause: error });
      }
    },
    send: async ({ url: text, ca }, target, lines) => {
      const identity = { target, host: hostname() };
      const url = new URL(text);
      await ways[url.protocol]?.(guard, { url, ca: ca ?? undefined, identity, lines });
    },
  };
}
