import { request as requestPlain } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";

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

export type HttpAnswer = { readonly status: number; readonly body: IncomingMessage };

/**
 * Sends JSON requests over HTTP to a unix socket, or to an address with a bearer token. Each
 * request has a connection of its own, so that nothing keeps the program from ending.
 * Rejects with Node's own error (`ECONNREFUSED`, `ENOENT`) when there is no server.
 */
export function createTransport(target: HttpTarget): (request: HttpRequest) => Promise<HttpAnswer> {
  return async (request) => {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const outgoing = requestPlain({
      ...placeOf(target, request.path),
      method: request.method,
      agent: false,
      headers: {
        ...headersOf(target),
        ...(request.body === null
          ? {}
          : {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(request.body),
            }),
      },
      ...(request.signal ? { signal: request.signal } : {}),
    });
    outgoing.once("response", (body) => resolve({ status: body.statusCode ?? 0, body }));
    // It stays for errors after the answer has begun: whoever reads the body gets those.
    outgoing.on("error", reject);
    outgoing.end(request.body ?? undefined);
    return promise;
  };
}

function placeOf(target: HttpTarget, path: string): RequestOptions {
  if ("socketPath" in target) return { socketPath: target.socketPath, path };
  const url = new URL(path, target.url);
  return { host: url.hostname, port: url.port, path: url.pathname + url.search };
}

function headersOf(target: HttpTarget): Readonly<Record<string, string>> {
  return "socketPath" in target
    ? { host: "localhost", ...target.headers }
    : { host: new URL(target.url).host, authorization: `Bearer ${target.token}` };
}
