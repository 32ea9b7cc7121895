import { connect, type Socket } from "node:net";

const headBytesMax = 16 * 1024;

/** What a connection becomes once both sides have agreed to it. */
export const sessionProtocol = "berth-session";

/**
 * Asks an HTTP server on a unix socket to leave HTTP on this connection, and gives the connection.
 * Rejects with Node's own error (`ECONNREFUSED`, `ENOENT`) when there is no server, and with the
 * answer's first line when it refuses.
 * @see RFC 9110, section 7.8
 */
export async function upgradeOverSocket(socketPath: string, path: string): Promise<Socket> {
  if (/[\s\0]/.test(path)) throw new TypeError("a path holds no spaces");
  const socket = connect({ path: socketPath });
  const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`;
  socket.write(`${head}Connection: Upgrade\r\nUpgrade: ${sessionProtocol}\r\n\r\n`);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let got = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    got = Buffer.concat([got, chunk]);
    if (got.includes("\r\n\r\n")) resolve(got);
    else if (got.length > headBytesMax) reject(new Error("the answer's head is too long"));
  };
  const cut = () =>
    reject(Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" }));
  socket.on("data", take).once("error", reject).once("close", cut);
  try {
    const all = await promise;
    const line = all.toString("latin1", 0, all.indexOf("\r\n"));
    if (!line.startsWith("HTTP/1.1 101 ")) throw new Error(`the server answered ${line}`);
    socket.off("data", take).off("close", cut).off("error", reject);
    socket.pause();
    socket.unshift(all.subarray(all.indexOf("\r\n\r\n") + 4));
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
