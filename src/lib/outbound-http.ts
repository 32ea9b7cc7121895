import type { IncomingMessage } from "node:http";
import { boundInterim, nodeHttp } from "./node-http.ts";
import type { OutboundGuard } from "./outbound.ts";

export type OutboundRequest = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything, from the look-up of the name to the end of the answer. */
  readonly timeoutMs: number;
  /** Certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
};

export type OutboundAnswer = { readonly status: number; readonly text: string };

const answerLengthMax = 2000;
const noAnswer = "it closed the connection without an answer";

/**
 * Posts to somebody's own receiver, past nothing that the guard refuses. A redirect is an answer
 * like any other and is not followed.
 */
export async function postOutbound(
  guard: OutboundGuard,
  { url, headers, body, timeoutMs, ca }: OutboundRequest,
): Promise<OutboundAnswer> {
  guard.check(url.hostname);
  const isTls = url.protocol === "https:";
  // Loaded only when something is sent.
  const { request } = isTls ? await import("node:https") : nodeHttp();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(timeoutMs);
  const asked = request(url, {
    method: "POST",
    agent: false,
    lookup: guard.lookup,
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    signal,
    ...(ca ? { ca } : {}),
  });
  boundInterim(asked);
  asked.once("response", resolve);
  asked.on("error", (error) => {
    const late = new Error(`${url.host} gave no answer within ${timeoutMs / 1000} s`);
    reject(signal.aborted ? late : inWords(error));
  });
  // All that an answer of 101 brings, after which another protocol would be spoken.
  asked.once("close", () => reject(new Error(noAnswer)));
  asked.end(body);
  const answer = await promise;
  return { status: answer.statusCode ?? 0, text: await beginningOf(answer) };
}

/** Instead of what the parser and the sockets of Node call it. */
function inWords(error: NodeJS.ErrnoException): Error {
  const { code = "" } = error;
  if (code.startsWith("HPE_")) return new Error("it did not answer in HTTP", { cause: error });
  return ["ECONNRESET", "EPIPE"].includes(code) ? new Error(noAnswer, { cause: error }) : error;
}

/** What is said beyond that, or breaks off, changes nothing: the status is known. */
async function beginningOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  try {
    for await (const chunk of answer) {
      text += String(chunk);
      if (text.length >= answerLengthMax) break;
    }
  } catch {
    return text;
  }
  return text.slice(0, answerLengthMax);
}
