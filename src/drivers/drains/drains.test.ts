import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { LinesRefused, type DrainLine } from "#domain/drain.ts";
import { createOutboundGuard } from "#lib/outbound.ts";
import { hostileTexts } from "../../../test/hostile-text.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { selfSigned } from "../../../test/nginx.ts";
import { createDrainSender } from "./sender.ts";

const loopback = createDrainSender(createOutboundGuard(() => ["127.0.0.0/8", "::1"]));
const closed = createDrainSender(createOutboundGuard(() => []));

const lines: readonly DrainLine[] = [
  { at: "2026-05-01 12:00:00.123456789", origin: "app", source: "web.1", text: "grüß <b>\x1b[31m" },
  { at: "2026-05-01 12:00:01.000000000", origin: "router", source: "router", text: "GET / ms=1" },
];

const host = hostname();

test("syslog over TLS: RFC 5424 lines, each with its length before it, under a certificate that is checked", async () => {
  await using pair = await makePair();
  const got: string[] = [];
  const take = (socket: Socket) => void text(socket).then((all) => got.push(all));
  await using server = await listening(createTlsServer(pair, take));
  const url = `syslog+tls://localhost:${server.port}`;
  await loopback.send({ url, ca: pair.cert }, "shop@staging", lines);
  const messages = [
    `<14>1 2026-05-01T12:00:00.123456Z ${host} shop@staging web.1 app - grüß <b>\x1b[31m`,
    `<14>1 2026-05-01T12:00:01.000000Z ${host} shop@staging router router - GET / ms=1`,
  ];
  assert.equal(got.join(""), messages.map((it) => `${Buffer.byteLength(it)} ${it}`).join(""));
  await assert.rejects(loopback.send({ url, ca: null }, "shop", lines), /certificate/);
});

test("syslog over TCP: a receiver that resets, closes early or takes nothing is noticed", async () => {
  await using resetting = await listening(createTcpServer((socket) => socket.resetAndDestroy()));
  const many = Array.from({ length: 2000 }, () => lines).flat();
  const to = { url: `syslog://127.0.0.1:${resetting.port}`, ca: null };
  await assert.rejects(loopback.send(to, "shop", many));
  const away = { url: "syslog://127.0.0.1:1", ca: null };
  await assert.rejects(loopback.send(away, "shop", lines), /ECONNREFUSED/);
});

test("https: lines of JSON, with the name and password of the URL", async () => {
  await using pair = await makePair();
  await using receiver = await startReceiver(pair);
  const url = `https://ann:p%40ss@localhost:${receiver.port}/in`;
  await loopback.send({ url, ca: pair.cert }, "shop", lines);
  const [asked] = receiver.requests;
  assert.equal(asked?.headers.authorization, `Basic ${btoa("ann:p@ss")}`);
  assert.equal(asked?.headers["content-type"], "application/x-ndjson");
  const said = asked?.body
    .trim()
    .split("\n")
    .map((it) => JSON.parse(it) as unknown);
  assert.deepEqual(said?.[0], {
    at: "2026-05-01T12:00:00.123456Z",
    host,
    app: "shop",
    origin: "app",
    source: "web.1",
    text: "grüß <b>\x1b[31m",
  });
  assert.equal(said?.length, 2);
});

test("Loki: streams with labels, at its own path, in nanoseconds", async () => {
  await using receiver = await startReceiver(null);
  const url = `loki+http://127.0.0.1:${receiver.port}`;
  await loopback.send({ url, ca: null }, "shop", lines);
  const [asked] = receiver.requests;
  assert.equal(asked?.url, "/loki/api/v1/push");
  assert.deepEqual(JSON.parse(asked?.body ?? ""), {
    streams: [
      {
        stream: { app: "shop", host, origin: "app", source: "web.1" },
        values: [["1777636800123456789", "grüß <b>\x1b[31m"]],
      },
      {
        stream: { app: "shop", host, origin: "router", source: "router" },
        values: [["1777636801000000000", "GET / ms=1"]],
      },
    ],
  });
});

test("whatever a program prints or is called, a syslog frame stays one, JSON its line, and a stream of Loki its own", async () => {
  const got: string[] = [];
  const take = (socket: Socket) => void text(socket).then((all) => got.push(all));
  await using server = await listening(createTcpServer(take));
  await using receiver = await startReceiver(null);
  const at = "2026-05-01 12:00:00.123456789";
  const sent = hostileTexts.map((it) => ({ at, origin: "app", source: it, text: it }) as const);
  for (const name of hostileTexts) {
    const to = { url: `syslog://127.0.0.1:${server.port}`, ca: null };
    await loopback.send(to, name, sent);
    const frames = framesIn(Buffer.from(got.splice(0).join("")));
    assert.deepEqual(
      frames.map(
        (frame) => /^<14>1 \S+Z [!-~]+ [!-~]{1,48} [!-~]{1,128} app - (.*)$/s.exec(frame)?.[1],
      ),
      hostileTexts,
    );
  }
  await loopback.send({ url: `http://127.0.0.1:${receiver.port}`, ca: null }, "shop", sent);
  const said = receiver.requests[0]?.body.trimEnd().split("\n") ?? [];
  assert.deepEqual(
    said.map((line) => (JSON.parse(line) as DrainLine).text),
    hostileTexts,
  );
  const [name = ""] = hostileTexts;
  await loopback.send({ url: `loki+http://127.0.0.1:${receiver.port}`, ca: null }, name, sent);
  const { streams } = JSON.parse(receiver.requests[1]?.body ?? "") as LokiBody;
  assert.deepEqual(
    streams,
    hostileTexts.map((it) => ({
      stream: { app: name, host, origin: "app", source: it },
      values: [["1777636800123456789", it]],
    })),
  );
});

type LokiBody = { readonly streams: readonly object[] };

/** @see RFC 6587, section 3.4.1 */
function framesIn(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const [head = "", length = ""] = /^(\d+) /.exec(bytes.toString("latin1", at, at + 20)) ?? [];
    assert.notEqual(head, "", "a frame begins with its length");
    at += head.length;
    frames.push(bytes.toString("utf8", at, at + Number(length)));
    at += Number(length);
  }
  return frames;
}

test("an answer tells lines that are refused for good from a receiver that is not able now", async () => {
  await using receiver = await startReceiver(null);
  const send = (path: string) =>
    loopback.send({ url: `http://127.0.0.1:${receiver.port}${path}`, ca: null }, "shop", lines);
  await assert.rejects(send("/400"), LinesRefused);
  await assert.rejects(send("/503"), (error) => !(error instanceof LinesRefused));
  await assert.rejects(send("/302"), /status 302/);
  assert.equal(receiver.requests.length, 3, "a redirect is not followed");
});

test("receivers inside the machine are refused, by every scheme, and what is no drain is named", () => {
  for (const scheme of ["syslog", "syslog+tls", "http", "https", "loki+http", "loki+https"]) {
    for (const address of ["127.0.0.1", "2130706433", "[::1]", "169.254.169.254", "0x7f000001"]) {
      const refused = { code: "address_refused" };
      assert.throws(() => closed.check(`${scheme}://${address}:99/x`), refused, scheme + address);
    }
    closed.check(`${scheme}://logs.example.com:99`);
  }
  for (const wrong of ["ftp://a.test", "logs.example.com", "udp://a.test:514", "https://"]) {
    assert.throws(() => closed.check(wrong), { code: "invalid_input" }, wrong);
  }
  assert.throws(() => closed.check("x"), /use a URL that begins with syslog/);
  assert.throws(
    () => closed.check("loki+http://"),
    /names no host, as loki\+http:\/\/logs\.example/,
  );
});

test("a name that leads inside is refused when lines are sent", async () => {
  await using receiver = await startReceiver(null);
  for (const scheme of ["syslog", "http", "loki+http"]) {
    const to = { url: `${scheme}://localhost:${receiver.port}`, ca: null };
    await assert.rejects(closed.send(to, "shop", lines), /inside this machine/, scheme);
    const numbers = { url: `${scheme}://2130706433:${receiver.port}`, ca: null };
    await assert.rejects(closed.send(numbers, "shop", lines), /inside this machine/, scheme);
  }
  assert.equal(receiver.requests.length, 0);
});

type Pair = { readonly key: string; readonly cert: string };

async function makePair() {
  const folder = await temporaryFolder();
  const [cert, key] = [join(folder.path, "a.crt"), join(folder.path, "a.key")];
  await selfSigned(cert, key, "localhost");
  return {
    cert: await readFile(cert, "utf8"),
    key: await readFile(key, "utf8"),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function listening(server: Server) {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    // A server that listens on TCP has an address with a port.
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startReceiver(pair: Pair | null) {
  const requests: { url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const answer: Parameters<typeof createHttpServer>[1] = (request, response) => {
    void text(request).then((body) => {
      const { url = "", headers } = request;
      requests.push({ url, headers, body });
      response.writeHead(Number(url.slice(1)) || 204, { location: "/elsewhere" }).end();
    });
  };
  const server = await listening(pair ? createHttpsServer(pair, answer) : createHttpServer(answer));
  return { ...server, requests };
}
