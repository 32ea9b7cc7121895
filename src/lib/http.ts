import type { IncomingMessage } from "node:http";
import { requestOverSocket } from "./http-socket.ts";
import { nodeHttp } from "./node-http.ts";

export type HttpTarget =
  | { readonly socketPath: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly url: string; readonly token: string };

export type HttpRequest = {
  readonly method: string;
  readonly path: string;
  /** JSON text. */
  readonly body: string | null;
  readonly signal: AbortSignal | null;
};

export type HttpAnswer = { readonly status: number; readonly body: AsyncIterable<Uint8Array> };

/**
 * Sends JSON requests over HTTP to a unix socket, or to an address with a bearer token. Each
 * request has a connection of its own, so that nothing keeps the program from ending.
 * Rejects with Node's own error (`ECONNREFUSED`, `ENOENT`) when there is no server.
 */
export function createTransport(target: HttpTarget): (request: HttpRequest) => Promise<HttpAnswer> {
  if ("url" in target) return (request) => requestOverTcp(target, request);
  const headers = { host: "localhost", ...target.headers };
  return (request) => requestOverSocket(target.socketPath, { ...request, headers });
}

async function requestOverTcp(
  target: { readonly url: string; readonly token: string },
  { method, path, body, signal }: HttpRequest,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const typed =
    body === null
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const outgoing = nodeHttp().request(new URL(path, target.url), {
    method,
    agent: false,
    headers: { authorization: `Bearer ${target.token}`, ...typed },
    ...(signal ? { signal } : {}),
  });
  outgoing.once("response", resolve);
  // It stays for errors after the answer has begun: whoever reads the body gets those.
  outgoing.on("error", reject);
  outgoing.end(body ?? undefined);
  const answer = await promise;
  return { status: answer.statusCode ?? 0, body: answer };
}
