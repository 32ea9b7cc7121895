import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import test from "node:test";
import { busyPorts } from "./sockets.ts";

test("a port is busy while something listens on it, on whichever address", async () => {
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address);
    assert.equal((await busyPorts([address.port])).has(address.port), true, host);
    server.close();
    await once(server, "close");
    assert.equal((await busyPorts([address.port])).has(address.port), false, host);
  }
});

test("the port of an outgoing connection is busy: nobody else could listen there", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  const socket = connect(address.port, "127.0.0.1");
  await once(socket, "connect");
  const { localPort = 0 } = socket;
  assert.deepEqual(await busyPorts([localPort]), new Set([localPort]));
  socket.destroy();
  server.close();
});
