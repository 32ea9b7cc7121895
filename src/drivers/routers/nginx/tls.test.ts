import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { connect, type PeerCertificate } from "node:tls";
import { exec } from "#lib/exec.ts";
import { backend, host } from "../../../../test/contract/router.ts";
import { handOver } from "../../../../test/machine.ts";
import { nobody, selfSigned, startNginx, type NginxWorld } from "../../../../test/nginx.ts";
import { startPeer, visit } from "../../../../test/visit.ts";

/** a.test with a certificate of its own, b.test whose files are missing, c.test without TLS. */
async function serveTls(nginx: NginxWorld, peer: string): Promise<void> {
  const pair = { certificate: join(nginx.dir, "a.crt"), key: join(nginx.dir, "a.key") };
  await selfSigned(pair.certificate, pair.key, "a.test");
  if (nobody) await handOver(pair.key, nobody.uid, nobody.gid);
  const route = host({ "/": "1/web" });
  const missing = { certificate: join(nginx.dir, "none.crt"), key: join(nginx.dir, "none.key") };
  await nginx.router.replace({
    hosts: {
      "a.test": { ...route, tls: pair },
      "b.test": { ...route, tls: missing },
      "c.test": route,
    },
    backends: { 1: backend([peer]) },
  });
}

async function certificateName(port: number, servername: string): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate>();
  const socket = connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate());
    socket.destroy();
  });
  socket.on("error", reject);
  const { subject } = await promise;
  return String(subject.CN);
}

test("each name gets its own certificate, and the fallback where it has none", async () => {
  await using peer = await startPeer((_, response) => response.end("ok"));
  await using nginx = await startNginx();
  await serveTls(nginx, peer.address);
  const { tls } = nginx.settings.ports;
  assert.equal(await certificateName(tls, "a.test"), "a.test");
  assert.equal(await certificateName(tls, "b.test"), "fallback.test");
  assert.equal(await certificateName(tls, "c.test"), "fallback.test");
  assert.equal(await certificateName(tls, "unknown.test"), "fallback.test");
});

test("a chain that does not fit its key leaves the fallback, until the right key is there", async () => {
  await using peer = await startPeer((_, response) => response.end("ok"));
  await using nginx = await startNginx();
  await serveTls(nginx, peer.address);
  const { tls } = nginx.settings.ports;
  const other = { certificate: join(nginx.dir, "b.crt"), key: join(nginx.dir, "b.key") };
  await selfSigned(other.certificate, other.key, "b.test");
  if (nobody) await handOver(other.key, nobody.uid, nobody.gid);
  const mixed = { certificate: other.certificate, key: join(nginx.dir, "a.key") };
  const route = host({ "/": "1/web" });
  const serve = (pair: typeof mixed) =>
    nginx.router.replace({
      hosts: { "b.test": { ...route, tls: pair } },
      backends: { 1: backend([peer.address]) },
    });
  await serve(mixed);
  for (let times = 0; times < 3; times += 1) {
    assert.equal(await certificateName(tls, "b.test"), "fallback.test");
  }
  await serve(other);
  assert.equal(await certificateName(tls, "b.test"), "b.test");
});

test("a TLS host is redirected to https, except behind a TLS terminator", async () => {
  await using peer = await startPeer((_, response) => response.end("ok"));
  await using nginx = await startNginx();
  await serveTls(nginx, peer.address);
  const { direct, http, terminated, tls } = nginx.settings.ports;
  const path = "/x%20y?z=//evil.test";
  const plain = await visit(http, { host: "A.test:8080", path });
  assert.deepEqual([plain.status, plain.headers.location], [308, `https://a.test${path}`]);
  const local = await visit(direct, { host: `a.test:${direct}`, path, method: "POST", body: "x" });
  assert.deepEqual([local.status, local.headers.location], [308, `https://a.test:${tls}${path}`]);
  assert.equal((await visit(terminated, { host: "a.test", path })).body, "ok");
  assert.equal((await visit(tls, { host: "a.test", path, tls: true })).body, "ok");
  assert.equal((await visit(http, { host: "c.test", path })).body, "ok");
});

test("HTTP/2 requests reach the app with their host", async () => {
  await using peer = await startPeer((request, response) => {
    response.end(`${request.headers.host} ${String(request.headers["x-forwarded-host"])}`);
  });
  await using nginx = await startNginx();
  await serveTls(nginx, peer.address);
  const { tls } = nginx.settings.ports;
  const place = ["--resolve", `a.test:${tls}:127.0.0.1`, "--cacert", join(nginx.dir, "a.crt")];
  const print = ["--write-out", " %{http_version}"];
  const url = `https://a.test:${tls}/`;
  const text = await exec(["curl", "-sS", "--http2", ...place, ...print, "-d", "body", url]);
  assert.equal(text, `a.test:${tls} a.test:${tls} 2`);
});
