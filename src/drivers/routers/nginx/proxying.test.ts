import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { test } from "node:test";
import { backend, host } from "../../../../test/contract/router.ts";
import { startNginx, until, type NginxWorld } from "../../../../test/nginx.ts";
import {
  sendRaw,
  startPeer,
  startRawPeer,
  visit,
  type Peer,
  type Visit,
} from "../../../../test/visit.ts";
import type { NginxSettings } from "./render.ts";

type World = AsyncDisposable & { readonly nginx: NginxWorld; readonly peer: Peer };

/** An app at a.test that answers with what it was sent. */
async function startWorld(overrides: Partial<NginxSettings> = {}): Promise<World> {
  const peer = await startPeer((request, response) => {
    const { url, headers, method } = request;
    response.setHeader("x-accel-redirect", "/elsewhere");
    response.end(JSON.stringify({ url, headers, method }));
  });
  const nginx = await startNginx(overrides);
  await serve(nginx, peer);
  return {
    peer,
    nginx,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([nginx, peer].map((it) => it[Symbol.asyncDispose]()));
    },
  };
}

async function serve(nginx: NginxWorld, peer: Peer): Promise<void> {
  const strips = { kind: "proxy", peers: [peer.address], stripPrefix: true } as const;
  const stripping = backend([], { processTypes: { web: strips } });
  await nginx.router.replace({
    hosts: {
      "a.test": host({ "/": "1/web", "/in": "2/web" }),
      "127.0.0.1": host({ "/": "1/web" }),
    },
    backends: { 1: backend([peer.address]), 2: stripping },
  });
}

type Seen = { url: string; method: string; headers: Record<string, string> };

async function seen(port: number, asked: Visit): Promise<Seen> {
  const { status, body } = await visit(port, asked);
  assert.equal(status, 200, body);
  // The app of these tests answers in this shape.
  return JSON.parse(body) as Seen;
}

const spoofed = {
  "x-forwarded-for": "6.6.6.6",
  "x-forwarded-host": "evil.test",
  "x-forwarded-port": "666",
  "x-forwarded-proto": "https",
  "x-forwarded-prefix": "/evil",
  "x-forwarded-user": "root",
  "x-real-ip": "6.6.6.6",
  "x-request-id": "evil",
  forwarded: "for=6.6.6.6",
  proxy: "evil.test",
  x_forwarded_for: "6.6.6.6",
};

/** The request headers that a router is responsible for. */
function forwarded({ headers }: Seen): Record<string, string> {
  const names = Object.keys(headers).filter((it) => /^(x|forwarded|host|proxy|upgrade)/.test(it));
  const { "x-request-id": _, ...rest } = Object.fromEntries(names.map((it) => [it, headers[it]]));
  return rest as Record<string, string>;
}

test("each listener says how the visitor came, and believes no visitor", async () => {
  await using world = await startWorld();
  const { direct, http, terminated, tls } = world.nginx.settings.ports;
  const cases = [
    { port: direct, host: `a.test:${direct}`, says: `${direct} http` },
    { port: http, host: "a.test", says: "80 http" },
    { port: terminated, host: "a.test", says: "443 https" },
    { port: tls, host: "a.test", says: "443 https" },
    { port: tls, host: `a.test:${tls}`, says: `${tls} https` },
  ];
  for (const it of cases) {
    const asked = { host: it.host, headers: spoofed, tls: it.port === tls };
    const [port, proto] = it.says.split(" ");
    assert.deepEqual(forwarded(await seen(it.port, asked)), {
      host: it.host,
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": it.host,
      "x-forwarded-port": port,
      "x-forwarded-proto": proto,
    });
  }
});

test("a trusted proxy is believed, but never that the terminated listener is plain", async () => {
  await using world = await startWorld({ trustedProxies: ["10.0.0.0/8", "127.0.0.1"] });
  const { direct, terminated } = world.nginx.settings.ports;
  const headers = { ...spoofed, "x-forwarded-host": "outside.test" };
  assert.deepEqual(forwarded(await seen(direct, { host: "a.test", headers })), {
    host: "a.test",
    "x-forwarded-for": "6.6.6.6, 127.0.0.1",
    "x-forwarded-host": "outside.test",
    "x-forwarded-port": "666",
    "x-forwarded-proto": "https",
  });
  const plain = { host: "a.test", headers: { "x-forwarded-proto": "http" } };
  assert.equal((await seen(terminated, plain)).headers["x-forwarded-proto"], "https");
});

test("class 15, headers of proxies: an address that is not a trusted proxy is not believed", async () => {
  await using world = await startWorld({ trustedProxies: ["10.0.0.0/8"] });
  const { http } = world.nginx.settings.ports;
  const { headers } = await seen(http, { host: "a.test", headers: spoofed });
  assert.equal(headers["x-forwarded-for"], "127.0.0.1");
  assert.equal(headers["x-forwarded-proto"], "http");
});

test("visitors over IPv6 are served", async () => {
  await using world = await startWorld();
  if (!world.nginx.settings.ipv6) return assert.equal(world.nginx.settings.address, "*");
  const { direct } = world.nginx.settings.ports;
  const { headers } = await seen(direct, { host: "a.test", address: "::1" });
  assert.equal(headers["x-forwarded-for"], "::1");
});

test("the app and the visitor get the same new request id", async () => {
  await using world = await startWorld();
  const { direct } = world.nginx.settings.ports;
  const answer = await visit(direct, { host: "a.test", headers: { "x-request-id": "mine" } });
  const id = answer.headers["x-request-id"];
  assert.match(String(id), /^[0-9a-f]{32}$/);
  // The app of these tests answers in this shape.
  assert.equal((JSON.parse(answer.body) as Seen).headers["x-request-id"], id);
});

test("paths reach the app as the visitor wrote them", async () => {
  await using world = await startWorld();
  const { direct } = world.nginx.settings.ports;
  const cases = {
    "/a%2Fb%20c?d=%2F&e": "/a%2Fb%20c?d=%2F&e",
    "//x//y": "//x//y",
    "/in/a%2Fb?c": "/a%2Fb?c",
    "/in": "/",
    "/in?x": "/?x",
    "/%69n/a%20b": "/a%20b",
    "/in/../in/x": "/x",
    "/in/%2e%2e/out": "/in/%2e%2e/out",
  };
  for (const [path, url] of Object.entries(cases)) {
    assert.equal((await seen(direct, { host: "a.test", path })).url, url);
  }
});

test("an app's X-Accel headers move nothing inside the router", async () => {
  await using world = await startWorld();
  const { status, headers } = await visit(world.nginx.settings.ports.direct, { host: "a.test" });
  assert.equal(status, 200);
  assert.equal(headers["x-accel-redirect"], undefined);
});

test("hostile requests get a refusal that repeats nothing unescaped", async () => {
  await using world = await startWorld();
  const { direct } = world.nginx.settings.ports;
  const named = await visit(direct, { host: "<script>alert(1)</script>.test" });
  assert.ok([400, 404].includes(named.status));
  assert.ok(!named.body.includes("<script>"));
  for (const name of ["a'b\"&c.test", "*.test", "..", "a..test", "[::1]:80", "[::1", "%00"]) {
    const { status, body } = await visit(direct, { host: name });
    assert.ok([400, 404].includes(status), `${name}: ${status}`);
    assert.ok(!body.includes('"&c'));
  }
  assert.match(await sendRaw(direct, "GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1.1 400 /);
  const twice = "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n";
  const refused = await sendRaw(direct, twice);
  assert.match(refused, /^HTTP\/1.1 400 /);
  const [, id = ""] = /^X-Request-Id: ([0-9a-f]{32})\r$/m.exec(refused) ?? [];
  assert.notEqual(id, "");
  await until(async () => {
    const log = await readFile(world.nginx.settings.paths.requestLog, "utf8");
    assert.ok(log.includes(`\t${id}\tGET\t`), "it is logged under its id");
  });
});

test("a refused request's body is not taken for the next request", async () => {
  await using world = await startWorld();
  const inner = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
  const post = `POST / HTTP/1.1\r\nHost: b.test\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
  const last = "GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
  const text = await sendRaw(world.nginx.settings.ports.direct, post + last);
  assert.deepEqual(text.match(/^HTTP\/1.1 \d+/gm), ["HTTP/1.1 404", "HTTP/1.1 200"]);
  assert.ok(!text.includes("smuggled"));
});

test("class 22, exhaustion: a name that never ends is looked for no longer than any other", async () => {
  await using world = await startWorld({ workers: 1 });
  const { direct } = world.nginx.settings.ports;
  const asking = `GET / HTTP/1.1\r\nHost: ${"a.".repeat(7900)}test\r\nConnection: close\r\n\r\n`;
  await visit(direct, { host: "a.test" });
  const startedMs = performance.now();
  const answers = await Promise.all(Array.from({ length: 20 }, () => sendRaw(direct, asking)));
  for (const answer of answers) assert.match(answer, /^HTTP\/1.1 404 /);
  // It took half a second each.
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 3000, `${tookMs} ms`);
});

test("class 18, from one app to another: nothing that an app sends is taken for another app's answer", async () => {
  await using world = await startWorld();
  let answer = "";
  await using evil = await startRawPeer(() => answer);
  await world.nginx.router.change({
    hosts: { "evil.test": host({ "/": "3/web" }) },
    backends: { 3: backend([evil.address]) },
  });
  const inner = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
  const asking = "GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n";
  const upgrading = asking.replace(/\r\n$/, "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  const statuses = ["100 Continue", "103 Early Hints", "101 Switching", "000 -", "099 -"];
  const lengths = ["", `Content-Length: ${inner.length}\r\n`];
  const interim = statuses.flatMap((it) => lengths.map((length) => `${it}\r\n${length}`));
  const { terminated } = world.nginx.settings.ports;
  for (answer of [...interim.map((it) => `HTTP/1.1 ${it}\r\n${inner}`), `\r\n${inner}`, "evil\r\n"])
    assert.equal(await sendRaw(terminated, asking), "", answer);
  answer = `HTTP/1.1 103 Early Hints\r\n\r\n${inner}`;
  assert.equal(await sendRaw(terminated, upgrading), "");
  answer = inner;
  const closing = asking.replace(/\r\n$/, "Connection: close\r\n\r\n");
  assert.match(await sendRaw(terminated, closing), /^HTTP\/1.1 200 [^]*evil$/);
});

test("an app's own errors pass untouched, a dead app gets a page", async () => {
  await using world = await startWorld();
  await using failing = await startPeer((request, response) => {
    if (request.url === "/dies") request.socket.destroy();
    else response.writeHead(502, { "x-mine": "yes" }).end("my own words");
  });
  const { direct } = world.nginx.settings.ports;
  await serve(world.nginx, failing);
  const own = await visit(direct, { host: "a.test" });
  assert.deepEqual([own.status, own.headers["x-mine"], own.body], [502, "yes", "my own words"]);
  const dead = await visit(direct, { host: "a.test", path: "/dies" });
  assert.equal(dead.status, 502);
  assert.match(dead.body, /does not answer/);
});

test("a body of 110 MB streams to the app, also below a stripped prefix", async () => {
  await using world = await startWorld();
  const chunk = Buffer.alloc(1024 * 1024, 7);
  await using counting = await startPeer((request, response) => {
    let bytes = 0;
    request.on("data", (it: Buffer) => (bytes += it.length));
    request.on("end", () => response.end(String(bytes)));
  });
  await serve(world.nginx, counting);
  for (const path of ["/", "/in/x"]) {
    const body = Readable.from(Array.from({ length: 110 }, () => chunk));
    const asked = { host: "a.test", path, method: "POST", body };
    const answer = await visit(world.nginx.settings.ports.direct, asked);
    assert.equal(answer.body, String(110 * chunk.length));
  }
});

test("what an app streams arrives piece by piece", async () => {
  await using world = await startWorld();
  let next = () => {};
  await using streaming = await startPeer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    next = () => response.end("data: 2\n\n");
  });
  await serve(world.nginx, streaming);
  const { direct } = world.nginx.settings.ports;
  const answer = await fetch(`http://127.0.0.1:${direct}/`);
  const reader = answer.body?.getReader();
  assert.ok(reader);
  const first = await reader.read();
  assert.equal(new TextDecoder().decode(first.value), "data: 1\n\n");
  next();
  const second = await reader.read();
  assert.equal(new TextDecoder().decode(second.value), "data: 2\n\n");
});

test("a WebSocket is carried both ways and counts as in flight", async () => {
  await using world = await startWorld();
  const { nginx, peer } = world;
  acceptWebSockets(peer);
  const socket = new WebSocket(`ws://127.0.0.1:${nginx.settings.ports.direct}/chat`);
  const message = Promise.withResolvers<string>();
  socket.addEventListener("message", (event) => message.resolve(String(event.data)));
  socket.addEventListener("error", () => message.reject(new Error("no connection")));
  assert.equal(await message.promise, "hello");
  assert.equal(await nginx.router.drain(peer.address, 50), 1);
  socket.close();
  assert.equal(await nginx.router.drain(peer.address, 5_000), 0);
});

test("only WebSocket may upgrade", async () => {
  await using world = await startWorld();
  const headers = { connection: "upgrade, http2-settings", upgrade: "h2c", "http2-settings": "AA" };
  const { headers: sent } = await seen(world.nginx.settings.ports.direct, {
    host: "a.test",
    headers,
  });
  assert.equal(sent["upgrade"], undefined);
});

/** Answers the handshake of RFC 6455, greets with one text frame, and leaves when spoken to. */
function acceptWebSockets({ server }: Peer): void {
  server.on("upgrade", (request, socket) => {
    const magic = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(magic).digest("base64");
    const status = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
    socket.write(`${status}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.write(Buffer.from([0x81, 5, ...Buffer.from("hello")]));
    socket.on("data", () => socket.end(Buffer.from([0x88, 0])));
    socket.on("error", () => {});
  });
}
