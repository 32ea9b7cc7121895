import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Backend } from "#domain/router.ts";
import { backend, host } from "../../../../test/contract/router.ts";
import { startNginx, type NginxWorld } from "../../../../test/nginx.ts";
import { sendRaw, visit, type Visit, type VisitAnswer } from "../../../../test/visit.ts";

type Site = AsyncDisposable & {
  readonly nginx: NginxWorld;
  readonly get: (path: string, asked?: Partial<Visit>) => Promise<VisitAnswer>;
};

/** A folder served at a.test/ and at a.test/public, with things around it that must stay hidden. */
async function startSite(): Promise<Site> {
  const nginx = await startNginx();
  const root = join(nginx.dir, "site");
  for (const folder of ["deep er", ".git", ".well-known/acme", "evil.test"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const files = {
    "site/index.html": "home",
    "site/a.css": "a{}",
    "site/app.js": "1",
    "site/deep er/index.html": "deep",
    "site/.env": "secret",
    "site/.git/config": "secret",
    "site/.well-known/acme/x": "token",
    "site/plain": "plain",
    "site-secret": "secret",
    secret: "secret",
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(nginx.dir, path), text);
  await symlink(join(nginx.dir, "secret"), join(root, "link"));
  await symlink(nginx.dir, join(root, "up"));
  await nginx.router.replace({
    hosts: { "a.test": host({ "/": "1/site", "/public": "1/site" }) },
    backends: { 1: served(root) },
  });
  const { direct } = nginx.settings.ports;
  return {
    nginx,
    get: async (path, asked = {}) => visit(direct, { host: "a.test", path, ...asked }),
    [Symbol.asyncDispose]: async () => nginx[Symbol.asyncDispose](),
  };
}

function served(root: string): Backend {
  return backend([], { processTypes: { site: { kind: "static", root } } });
}

test("files have their type, and index.html stands for its folder", async () => {
  await using site = await startSite();
  const expected = {
    "/": ["home", "text/html; charset=utf-8"],
    "/public/": ["home", "text/html; charset=utf-8"],
    "/public/a.css": ["a{}", "text/css; charset=utf-8"],
    "/app.js?v=1": ["1", "text/javascript; charset=utf-8"],
    "/public/deep%20er/": ["deep", "text/html; charset=utf-8"],
    "/plain": ["plain", "application/octet-stream"],
  };
  for (const [path, [body, type]] of Object.entries(expected)) {
    const answer = await site.get(path);
    assert.deepEqual(
      [answer.status, answer.body, answer.headers["content-type"]],
      [200, body, type],
    );
  }
});

test("a folder without its slash is redirected, staying on the same host and port", async () => {
  await using site = await startSite();
  const expected = {
    "/public": "/public/",
    "/public?a=b": "/public/?a=b",
    "/public/deep%20er": "/public/deep%20er/",
    "/deep%20er?x": "/deep%20er/?x",
    "//evil.test": "/evil.test/",
    "/%2Fevil.test": "/evil.test/",
  };
  for (const [path, location] of Object.entries(expected)) {
    const answer = await site.get(path);
    assert.deepEqual([answer.status, answer.headers.location], [301, location]);
  }
});

test("nothing outside of the folder is served, nor links, dotfiles and lists", async () => {
  await using site = await startSite();
  const paths = [
    "/link",
    "/up/secret",
    "/.env",
    "/.git/config",
    "/public/.env",
    "/%2eenv",
    "/public/..%2fsecret",
    "/.well-known/../.env",
    "/.well-known/.git",
    "/evil.test/",
    "/publicity",
    "/missing",
    "/../secret",
    "/public/../../secret",
    "/public/%2e%2e/%2e%2e/secret",
    "/public-secret",
    "/a.css/x",
  ];
  const ask = (path: string) => {
    const request = `GET ${path} HTTP/1.0\r\nHost: a.test\r\n\r\n`;
    return sendRaw(site.nginx.settings.ports.direct, request);
  };
  assert.match(await ask("/app.js"), /^HTTP\/1.1 200 /);
  for (const path of paths) {
    const answer = await ask(path);
    assert.match(answer, /^HTTP\/1.1 40[04] /, path);
    assert.ok(!answer.includes("\r\n\r\nsecret"), path);
  }
  assert.equal((await site.get("/.well-known/acme/x")).body, "token");
});

test("HEAD, ranges and unchanged files are answered as HTTP wants", async () => {
  await using site = await startSite();
  const head = await site.get("/a.css", { method: "HEAD" });
  assert.deepEqual([head.status, head.body, head.headers["content-length"]], [200, "", "3"]);
  const part = await site.get("/a.css", { headers: { range: "bytes=1-1" } });
  assert.deepEqual([part.status, part.body], [206, "{"]);
  const etag = String(head.headers.etag);
  const known = await site.get("/a.css", { headers: { "if-none-match": etag } });
  assert.equal(known.status, 304);
  assert.ok(head.headers["last-modified"]);
});

test("files can only be read", async () => {
  await using site = await startSite();
  for (const method of ["POST", "PUT", "DELETE"]) {
    const answer = await site.get("/a.css", { method, body: "x" });
    assert.deepEqual([answer.status, answer.headers.allow], [405, "GET, HEAD"]);
  }
});
