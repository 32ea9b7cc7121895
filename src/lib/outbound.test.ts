import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { createOutboundGuard, RefusedAddress } from "./outbound.ts";
import { postOutbound, type OutboundAnswer } from "./outbound-http.ts";

const closed = createOutboundGuard(() => []);
const hostOf = (address: string) => new URL(`http://${address}/`).hostname;

test("class 16, requests inside: addresses of the machine, private, link-local and special ones are refused, however written", () => {
  const inside = `
    127.0.0.1 127.9.9.9 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254
    0.0.0.0 100.64.0.1 224.0.0.1 255.255.255.255 192.0.0.8 198.18.0.1
    [::1] [::] [fe80::1] [fd00:ec2::254] [ff02::1] [::ffff:127.0.0.1]
    [::ffff:a9fe:a9fe] [64:ff9b::a00:1] [2002:7f00:1::] [::127.0.0.1] 2130706433 0x7f.1
    0177.0.0.1 127.1`;
  for (const address of inside.trim().split(/\s+/)) {
    assert.throws(() => closed.check(hostOf(address)), RefusedAddress, address);
  }
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((it) => it ?? [])) {
    const host = family === "IPv6" ? `[${address.replace(/%.*/, "")}]` : address;
    assert.throws(() => closed.check(hostOf(host)), RefusedAddress, address);
  }
});

test("addresses of the public internet are not refused, nor is what is allowed", () => {
  for (const address of ["93.184.216.34", "[2606:2800:220:1::1]", "[64:ff9b::5db8:d822]"]) {
    closed.check(hostOf(address));
  }
  const open = createOutboundGuard(() => ["10.0.0.0/8", "192.168.1.7", "fd00::/8"]);
  for (const address of ["10.1.2.3", "192.168.1.7", "[fd00::1]"]) open.check(hostOf(address));
  assert.throws(() => open.check("192.168.1.8"), RefusedAddress);
});

test("class 16, requests inside: a name is judged by what it resolves to, at the moment of the connection", async () => {
  await using server = await startServer();
  const url = new URL(`http://localhost:${server.port}/`);
  const post = { url, headers: {}, body: "x", timeoutMs: 5000 };
  await assert.rejects(postOutbound(closed, post), RefusedAddress);
  const tcp = { host: "localhost", port: server.port, tls: false, timeoutMs: 5000 };
  await assert.rejects(closed.connect(tcp), RefusedAddress);
  assert.equal(server.requests(), 0);
  const open = createOutboundGuard(() => ["127.0.0.0/8", "::1"]);
  assert.equal((await postOutbound(open, post)).status, 302);
  assert.equal(server.requests(), 1, "a redirect is not followed");
  (await open.connect(tcp)).destroy();
});

test("a receiver that accepts and says nothing is given up", async () => {
  await using server = await startServer();
  const open = createOutboundGuard(() => ["127.0.0.1"]);
  const url = new URL(`http://127.0.0.1:${server.port}/hang`);
  await assert.rejects(postOutbound(open, { url, headers: {}, body: "", timeoutMs: 200 }), {
    message: /gave no answer within 0.2 s/,
  });
});

test("a receiver that hangs up, or does not speak HTTP, is told in words", async () => {
  const noAnswer = { message: "it closed the connection without an answer" };
  const noHttp = { message: "it did not answer in HTTP" };
  const head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
  await assert.rejects(
    postTo((socket) => socket.destroy()),
    noAnswer,
  );
  await assert.rejects(
    postTo((socket) => socket.resetAndDestroy()),
    noAnswer,
  );
  await assert.rejects(postTo(answering("")), noAnswer);
  await assert.rejects(postTo(answering(head.slice(0, 20))), noAnswer);
  const other = "HTTP/1.1 101 Other\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
  await assert.rejects(postTo(answering(other)), noAnswer);
  await assert.rejects(postTo(answering("220 mail.test ESMTP\r\n")), noHttp);
  assert.deepEqual(await postTo(answering(`${head}half`)), { status: 200, text: "half" });
});

/** Reads something, says that, and hangs up. */
function answering(text: string): (socket: Socket) => void {
  return (socket) => socket.once("data", () => socket.write(text, () => socket.destroy()));
}

async function postTo(onSocket: (socket: Socket) => void): Promise<OutboundAnswer> {
  const server = createTcpServer((socket) => onSocket(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const open = createOutboundGuard(() => ["127.0.0.1"]);
  const url = new URL(`http://127.0.0.1:${port}/`);
  try {
    return await postOutbound(open, { url, headers: {}, body: "x", timeoutMs: 30_000 });
  } finally {
    server.close();
  }
}

async function startServer() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (request.url !== "/hang") response.writeHead(302, { location: "/elsewhere" }).end("moved");
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    // A server that listens on TCP has an address with a port.
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
