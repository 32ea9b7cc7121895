import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Session } from "#domain/runner.ts";
import { sessionProtocol } from "#lib/upgrade.ts";

const agreed = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${sessionProtocol}\r\n\r\n`;
const refused = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** Browsers have no other connection that goes both ways; each message is a piece of the bytes. */
const webSockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });

/**
 * Answers a request to attach to a run: from then on the connection is the run's session, either
 * plainly or within a WebSocket.
 */
export function serveSession(
  request: IncomingMessage,
  connection: Duplex,
  open: (run: string) => Session | null,
): void {
  connection.on("error", () => {});
  const [, run] = /^\/api\/v1\/runs\/([\w-]{1,64})\/session$/.exec(request.url ?? "") ?? [];
  const asked = request.headers.upgrade?.toLowerCase();
  const isWebSocket = asked === "websocket";
  const isKnown = isWebSocket || asked === sessionProtocol;
  const session = run !== undefined && isKnown ? open(run) : null;
  if (!session) {
    connection.end(refused);
    return;
  }
  connection.once("close", session.close);
  if (isWebSocket) {
    webSockets.handleUpgrade(request, connection, Buffer.alloc(0), (socket) => {
      void carry(session, createWebSocketStream(socket));
    });
    return;
  }
  connection.write(agreed);
  void carry(session, connection);
}

/** Both ways at once, each as fast as its reader. */
async function carry(session: Session, connection: Duplex): Promise<void> {
  const toCommand = (async () => {
    for await (const chunk of connection) await session.write(chunk as Buffer);
  })();
  const fromCommand = (async () => {
    for await (const chunk of session.bytes) {
      if (!connection.write(chunk)) await roomIn(connection);
    }
    connection.end();
  })();
  await Promise.allSettled([toCommand, fromCommand.catch(() => connection.destroy())]);
  session.close();
}

async function roomIn(connection: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  connection.once("drain", resolve).once("close", resolve);
  await promise;
}
