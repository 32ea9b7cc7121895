import { createServer, request, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { request as requestTls } from "node:https";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";

/** A web server on loopback, as an app's instance would be one. */
export type Peer = AsyncDisposable & {
  readonly address: string;
  readonly server: ReturnType<typeof createServer>;
};

export async function startPeer(listener: RequestListener): Promise<Peer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    address: `127.0.0.1:${address.port}`,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One that answers each request with these bytes, whatever they are, and keeps the connection. */
export async function startRawPeer(
  bytes: () => string,
): Promise<AsyncDisposable & { readonly address: string }> {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("data", () => socket.write(bytes()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    address: `127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Visit = {
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | NodeJS.ReadableStream;
  /** Loopback address of IPv4 by default. */
  readonly address?: string;
  readonly tls?: boolean;
};

export type VisitAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** One request of a visitor, on a connection of its own. */
export async function visit(port: number, asked: Visit): Promise<VisitAnswer> {
  const { host, path = "/", method = "GET", headers = {}, body = "" } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<VisitAnswer>();
  const options = {
    host: asked.address ?? "127.0.0.1",
    port,
    path,
    method,
    agent: false,
    headers: { host, ...headers },
    servername: host.replace(/:.*/, ""),
    rejectUnauthorized: false,
  } as const;
  const call = (asked.tls === true ? requestTls : request)(options, (answer) => {
    text(answer).then(
      (received) =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: received }),
      reject,
    );
  });
  call.on("error", reject);
  if (typeof body === "string") call.end(body);
  else body.pipe(call);
  return promise;
}

/** Sends bytes as they are and gives all that comes back until the other side closes. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}
