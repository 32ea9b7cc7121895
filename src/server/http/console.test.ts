import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fastify } from "fastify";
import { addConsole, isConsolePath, readConsole } from "./console.ts";

const browser = { accept: "text/html,*/*", "accept-encoding": "gzip, br" };

test("the page is sent compressed, with a policy that allows nothing from elsewhere", async (t) => {
  const app = await serve(t);
  const answer = await app.inject({ url: "/", headers: browser });
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.body, "compressed page");
  assert.equal(answer.headers["content-encoding"], "br");
  assert.equal(answer.headers["cache-control"], "no-cache");
  const policy = String(answer.headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
});

test("assets are kept for good, and sent plain to whoever knows no compression", async (t) => {
  const app = await serve(t);
  const answer = await app.inject({ url: "/assets/main-abc.js" });
  assert.equal(answer.body, "script");
  assert.equal(answer.headers["cache-control"], "public, max-age=31536000, immutable");
  assert.equal(answer.headers["content-type"], "text/javascript; charset=utf-8");
  assert.equal(answer.headers["content-encoding"], undefined);
  assert.equal(answer.headers["vary"], "Accept-Encoding");
});

test("every address of the console is answered with its page, and nothing else is", async (t) => {
  const app = await serve(t);
  const statusOf = async (url: string, headers: Record<string, string> = browser) =>
    (await app.inject({ url, headers })).statusCode;
  assert.equal(await statusOf("/apps/shop@staging/logs?process=web.1"), 200);
  assert.equal(await statusOf("/assets/gone-1.js", { accept: "*/*" }), 404);
  assert.equal(await statusOf("/apps/shop", { accept: "application/json" }), 404);
  assert.equal(await statusOf("/api/v1/nonsense"), 404);
  for (const url of [
    "/../secret.js",
    "/assets/../../secret.js",
    "/assets/%2e%2e/%2e%2e/secret.js",
  ]) {
    assert.doesNotMatch((await app.inject({ url, headers: browser })).body, /secret/);
  }
});

test("only what the console is made of is open to anybody", () => {
  assert.ok(isConsolePath("GET", "/"));
  assert.ok(isConsolePath("GET", "/apps/shop?x=/api/"));
  assert.ok(!isConsolePath("GET", "/api/v1/apps"));
  assert.ok(!isConsolePath("GET", "/api"));
  assert.ok(!isConsolePath("GET", "/metrics"));
  assert.ok(!isConsolePath("POST", "/"));
});

test("without a built console there is none", async (t) => {
  assert.equal(await readConsole(join(await folderFor(t), "absent")), null);
});

async function serve(t: TestContext) {
  const folder = await folderFor(t);
  const built = join(folder, "console");
  await mkdir(join(built, "assets"), { recursive: true });
  const files = {
    "index.html": "page",
    "index.html.br": "compressed page",
    "assets/main-abc.js": "script",
    "assets/main-abc.js.br": "compressed script",
    content: "a hash",
    "../secret.js": "secret",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(built, name), text);
  const app = fastify();
  t.after(() => app.close());
  const console = await readConsole(built);
  assert.ok(console);
  addConsole(app, console);
  return app;
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "berth-console-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
