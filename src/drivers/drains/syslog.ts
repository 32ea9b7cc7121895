import { once } from "node:events";
import type { Socket } from "node:net";
import type { DrainLine } from "#domain/drain.ts";
import { isoOf } from "./moments.ts";
import { sendTimeoutMs, type DrainIdentity, type Send } from "./send.ts";

const defaultPorts = { "syslog:": 601, "syslog+tls:": 6514 } as const;
/** Facility `user`, severity `informational`. */
const priority = 1 * 8 + 6;
const farewellMs = 5000;

/**
 * Syslog over TCP or TLS, on a connection for each batch: that the other side closes it too is the
 * only sign that it has read everything, as the protocol has no answer.
 * @see RFC 5424; RFC 6587, section 3.4.1 (octet counting); RFC 5425
 */
export const sendSyslog: Send = async (guard, { url, ca, identity, lines }) => {
  const isTls = url.protocol === "syslog+tls:";
  const port = Number(url.port) || defaultPorts[isTls ? "syslog+tls:" : "syslog:"];
  // As the web's URLs are, numbers that stand for an address are written as one.
  const host = new URL(`http://${url.hostname}`).hostname.replace(/^\[(.*)\]$/, "$1");
  const target = { host, port, tls: isTls, timeoutMs: sendTimeoutMs, ca };
  const socket = await guard.connect(target);
  try {
    await sendAll(socket, lines.map((line) => frameOf(identity, line)).join(""));
  } finally {
    socket.destroy();
  }
};

async function sendAll(socket: Socket, text: string): Promise<void> {
  const signal = AbortSignal.timeout(sendTimeoutMs);
  const late = () => socket.destroy(new Error(`it took nothing for ${sendTimeoutMs / 1000} s`));
  signal.addEventListener("abort", late);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("it closed the connection")));
    socket.end(text, () => resolve());
    await promise;
    // What it says is of no use, and must be read for its end to be seen.
    socket.resume();
    await closedWithin(socket, farewellMs);
  } finally {
    signal.removeEventListener("abort", late);
  }
}

/** A receiver that keeps its side open took the lines all the same; one that resets it did not. */
async function closedWithin(socket: Socket, ms: number): Promise<void> {
  const enough = AbortSignal.timeout(ms);
  try {
    await once(socket, "end", { signal: enough });
  } catch (error) {
    if (!enough.aborted) throw error;
  }
}

function frameOf({ target, host }: DrainIdentity, { at, origin, source, text }: DrainLine): string {
  const header = [
    `<${priority}>1`,
    isoOf(at),
    word(host, 255),
    word(target, 48),
    word(source, 128),
    word(origin, 32),
    "-",
  ].join(" ");
  const message = `${header} ${text}`;
  return `${Buffer.byteLength(message)} ${message}`;
}

/** A field of the header: printable ASCII without spaces. */
function word(text: string, lengthMax: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, "_").slice(0, lengthMax) || "-";
}
