import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { createOutboundGuard } from "#lib/outbound.ts";
import { postOutbound } from "#lib/outbound-http.ts";
import { askPath } from "./ask.ts";

test("a path is healthy when it answers, also after an interim word or two", async () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  await using good = await startServer((socket) => socket.write(interim.repeat(2) + answer));
  assert.equal(await askPath(good.port, "/"), null);
  await using bad = await startServer((socket) => socket.write("HTTP/1.1 500 -\r\n\r\n"));
  assert.match((await askPath(bad.port, "/")) ?? "", /answered 500$/);
});

test("class 22, exhaustion: interim answers without end keep nobody reading", async () => {
  await using flood = await startServer((socket) => {
    const more = () => {
      while (socket.writable && socket.write(interim.repeat(2000)));
      socket.once("drain", more);
    };
    more();
  });
  assert.match((await askPath(flood.port, "/")) ?? "", /interim answers without end/);
  const url = new URL(`http://127.0.0.1:${flood.port}/`);
  const asked = { url, headers: {}, body: "", timeoutMs: 5000 };
  const guard = createOutboundGuard(() => ["127.0.0.1"]);
  await assert.rejects(postOutbound(guard, asked), /interim answers without end/);
});

test("class 22, exhaustion: an answer that comes a byte at a time is waited for as long as any", async () => {
  await using slow = await startServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nx: ");
    const dripping = setInterval(() => socket.write("x"), 500);
    socket.once("close", () => clearInterval(dripping));
  });
  assert.match((await askPath(slow.port, "/")) ?? "", /gave no answer for 5 s$/);
});

const interim = "HTTP/1.1 100 Continue\r\n\r\n";

async function startServer(
  serve: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).once("data", () => serve(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // It listens on TCP.
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
