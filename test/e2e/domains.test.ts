import assert from "node:assert/strict";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { connect as connectTls } from "node:tls";
import { startPlatform, until, webApp, type Platform } from "../platform.ts";
import { runProgram } from "../programs.ts";
import { askSteadily } from "../requests.ts";
import { visit } from "../visit.ts";

type Problem = Record<"file" | "key" | "problem" | "fix", string> & { line: number };

let platform: Platform;
before(async () => {
  platform = await startPlatform();
  for (const folder of ["repo", "repos", "domains"])
    await mkdir(join(platform.home, "config", folder), { recursive: true });
  await platform.berth("apps:create", "shop");
  const pushed = await platform.push(await platform.tree(echoApp("shop")), "shop");
  assert.equal(pushed.code, 0, pushed.stderr);
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test("a domain is added and taken away by command; what is taken stays with its owner", async () => {
  await platform.berth("apps:create", "other");
  for (const domain of ["shop.example.com", "*.shop.example.com"]) {
    const added = await platform.berth("domains:add", domain, "-a", "shop");
    assert.equal(added.code, 0, added.stderr);
  }
  assert.match((await platform.visit("shop.example.com")).body, /^shop \/ /);
  assert.match((await platform.visit("a.b.shop.example.com")).body, /^shop \/ /);
  const taken = await platform.berth("domains:add", "shop.example.com", "-a", "other");
  assert.equal(taken.code, 4);
  assert.match(taken.stderr, /shop\.example\.com already belongs to shop/);
  const own = await platform.berth("domains:add", "shop.localhost", "-a", "other");
  assert.match(own.stderr, /already belongs to/);
  const kept = ["later.localhost", "shop--staging.localhost", "*.localhost", "localhost"];
  for (const name of kept) {
    const refused = await platform.berth("domains:add", name, "-a", "other");
    assert.match(
      refused.stderr,
      /is kept for the apps of these names|the console answers at/,
      name,
    );
  }
  const bad = await platform.berth("domains:add", "no_such.thing!", "-a", "other");
  assert.equal(bad.code, 2);
  assert.equal((await platform.berth("domains:remove", "shop.example.com", "-a", "shop")).code, 0);
  assert.equal((await platform.visit("shop.example.com")).status, 404);
});

test("a domain's file may name an app that a command made, before and after that is made", async () => {
  await writeConfig("domains/later.example.com.yml", domainOf("later"));
  await until(async () => (await problemAt("domains/later")) !== undefined, "it is said");
  assert.match((await problemAt("domains/later"))?.fix ?? "", /berth apps:create later/);
  await platform.berth("apps:create", "later");
  const pushed = await platform.push(await platform.tree(webApp("later")), "later");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.equal((await platform.visit("later.example.com")).body, "later");
  const managed = await platform.berth("domains:remove", "later.example.com", "-a", "later");
  assert.match(managed.stderr, /managed by domains\/later\.example\.com\.yml/);
  await platform.berth("domains:add", "mine.example.com", "-a", "shop");
  await writeConfig("domains/mine.example.com.yml", domainOf("later"));
  const isMoved = async () => (await platform.visit("mine.example.com")).body === "later";
  await until(isMoved, "a file's word counts more");
  assert.match(
    (await platform.berth("events")).stdout,
    /mine\.example\.com is managed by domains\/mine\.example\.com\.yml from now on/,
  );
  const taken = await platform.berth("domains:add", "later.example.com", "-a", "shop");
  assert.match(taken.stderr, /belongs to the file domains\/later/);
});

test("a broken file is reported with line and fix, keeps what it said, and holds up nobody else", async () => {
  await writeConfig("domains/two.example.com.yml", domainOf("shop"));
  await until(async () => (await platform.visit("two.example.com")).status === 200, "it answers");
  await writeConfig("domains/two.example.com.yml", domainOf("shop").replace("runner", "runer"));
  await until(async () => (await problemAt("domains/two")) !== undefined, "it is said");
  const problem = await problemAt("domains/two", "locations./.upstream.runer");
  assert.equal(problem?.line, 6);
  assert.match(problem?.fix ?? "", /runner/);
  const shown = await platform.berth("status");
  assert.match(shown.stdout, /domains\/two\.example\.com\.yml:6: locations\.\/\.upstream\.runer: /);
  assert.match((await platform.berth("events")).stdout, /host_config\.refused.*two\.example\.com/);
  assert.equal((await platform.visit("two.example.com")).status, 200);
  const pushed = await platform.push(await platform.tree(webApp("later again")), "later", [
    "+main",
  ]);
  assert.equal(pushed.code, 0, pushed.stderr);
  await killBerthd();
  assert.equal((await platform.visit("two.example.com")).status, 200);
  assert.notEqual(await problemAt("domains/two"), undefined);
  await rm(join(platform.home, "config/domains/two.example.com.yml"));
  await until(async () => (await platform.visit("two.example.com")).status === 404, "it is gone");
});

test("a file takes over an app that a command made, and its changes lose no request", async () => {
  await using load = askSteadily({ port: platform.ports.direct, host: "shop.localhost" });
  await writeConfig("repos/shop.yml", repoOf({ process_count: 4 }, { COLOUR: "red" }));
  await until(async () => (await running("shop")) === 4, "four run", 15_000);
  const refused = await platform.berth("ps:scale", "web=1", "-a", "shop");
  assert.match(refused.stderr, /managed by repos\/shop\.yml/);
  await writeConfig("repos/shop.yml", repoOf({ process_count: 2 }, { COLOUR: "blue" }));
  const isBlue = async () => (await platform.visit("shop.localhost")).body.includes("blue");
  await until(async () => (await isBlue()) && (await running("shop")) === 2, "two run", 15_000);
  const back = await platform.berth("rollback", "v1", "-a", "shop");
  assert.equal(back.code, 0, back.stderr);
  const { counts } = await load.stop();
  const lost = [...counts].filter(([outcome]) => !outcome.startsWith("200 shop / "));
  assert.deepEqual(lost, []);
});

test("a certificate's files are used as they appear, with a warning and a self-signed one until then", async () => {
  const files = join(platform.folder, "tls");
  await mkdir(files);
  await chmod(files, 0o755);
  const tls = `ssl: true\nssl_certificate: ${files}/chain.pem\nssl_certificate_key: ${files}/key.pem\n`;
  await writeConfig("domains/safe.example.com.yml", domainOf("shop").replace("ssl: false\n", tls));
  await until(async () => (await issuerOf("safe.example.com")) === "self-signed by Berth", "TLS");
  await until(async () => (await problemAt("domains/safe")) !== undefined, "it is said");
  const warning = await problemAt("domains/safe");
  assert.match(warning?.problem ?? "", /chain\.pem is not there, so a self-signed certificate/);
  assert.match((await platform.berth("events")).stdout, /chain\.pem is not there/);
  await makeCertificate(files, "safe.example.com");
  const isTaken = async () => (await issuerOf("safe.example.com")) === "Test CA";
  await until(isTaken, "the certificate is taken up", 15_000);
  await until(async () => (await problemAt("domains/safe")) === undefined, "no warning", 15_000);
});

test("each listener says how the visitor came, and plain requests of a TLS domain go to TLS", async () => {
  const { direct, http, terminated, tls } = platform.ports;
  const host = "safe.example.com";
  const away = await platform.visit(host, "/a?b=c", http);
  assert.equal(away.status, 308);
  assert.equal(away.headers["location"], `https://${host}/a?b=c`);
  const further = await platform.visit(`${host}:${direct}`, "/a", direct);
  assert.equal(further.headers["location"], `https://${host}:${tls}/a`);
  assert.match((await platform.visit(host, "/x", terminated)).body, /^shop \/x https 443 /);
  const named = await visit(tls, { host: `${host}:${tls}`, tls: true });
  assert.match(named.body, new RegExp(`^shop / https ${tls} `));
  assert.match((await visit(tls, { host, tls: true })).body, /^shop \/ https 443 /);
  assert.match((await platform.visit("shop.localhost", "/", http)).body, /^shop \/ http 80 /);
  const plain = await platform.visit("shop.localhost");
  assert.match(plain.body, new RegExp(`^shop / http ${direct} `));
  assert.match(await overHttp2(host, "/two"), /^200 shop \/two https 443 /);
});

/** Answers with what it was told about the visitor. */
function echoApp(word: string): Record<string, string> {
  const told = `["x-forwarded-proto", "x-forwarded-port"].map((it) => q.headers[it]).join(" ")`;
  const answer = `\`${word} \${q.url} \${${told}} \${process.env.COLOUR}\``;
  const server = `require("node:http").createServer((q, s) => s.end(${answer})).listen(process.env.PORT)`;
  return { "server.js": server, Procfile: "web: node server.js\n" };
}

function domainOf(app: string): string {
  return `locations:
  "/":
    upstream:
      repo: ${app}
      branch: main
      runner: web
ssl: false
`;
}

function repoOf(runner: object, env: object): string {
  const web = { type: "NginxBackend", cmd: "node server.js", ...runner };
  return JSON.stringify({ branches: { main: { runners: { web }, env } } });
}

async function writeConfig(file: string, text: string): Promise<void> {
  await writeFile(join(platform.home, "config", file), text);
}

async function problemAt(file: string, key?: string): Promise<Problem | undefined> {
  // What `berth status --json` prints.
  const status = JSON.parse((await platform.berth("status", "--json")).stdout) as {
    problems: Problem[];
  };
  return status.problems.find(
    (it) => it.file.startsWith(file) && (key === undefined || it.key === key),
  );
}

async function running(app: string): Promise<number> {
  const listed = await platform.berth("ps", "-a", app, "--json");
  // What `berth ps --json` prints.
  const instances = JSON.parse(listed.stdout) as { state: string }[];
  const states = instances.map(({ state }) => state);
  return states.every((it) => it === "running") ? states.length : 0;
}

async function killBerthd(): Promise<void> {
  const service = join(platform.home, "run/scan/berthd");
  const pid = Number((await runProgram(["s6-svstat", "-o", "pid", service])).stdout);
  process.kill(pid, "SIGKILL");
  await until(async () => (await platform.berth("apps")).code === 0, "berthd is back");
}

/** A certificate of a CA of the test's own, readable by Berth. */
async function makeCertificate(folder: string, domain: string): Promise<void> {
  const at = (name: string) => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout"];
  const ca = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"];
  const commands = [
    ["req", "-x509", "-subj", "/CN=Test CA", ...key, at("ca.key"), "-out", at("ca.pem")],
    ["req", "-subj", `/CN=${domain}`, ...key, at("new.key"), "-out", at("new.csr")],
    ["x509", "-req", "-in", at("new.csr"), ...ca, "-days", "2", "-out", at("chain.pem")],
  ];
  for (const args of commands) {
    const made = await runProgram(["openssl", ...args]);
    assert.equal(made.code, 0, made.stderr);
  }
  await rename(at("new.key"), at("key.pem"));
  for (const name of ["chain.pem", "key.pem"]) await chmod(at(name), 0o644);
}

function issuerOf(servername: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connectTls(
    { port: platform.ports.tls, host: "127.0.0.1", servername, rejectUnauthorized: false },
    () => {
      const issuer = socket.getPeerCertificate().issuer.CN;
      resolve(String(issuer));
      socket.end();
    },
  );
  socket.once("error", reject);
  return promise;
}

async function overHttp2(host: string, path: string): Promise<string> {
  const session = connect(`https://${host}`, {
    createConnection: () =>
      connectTls({
        port: platform.ports.tls,
        host: "127.0.0.1",
        servername: host,
        ALPNProtocols: ["h2"],
        rejectUnauthorized: false,
      }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  session.once("error", reject);
  const stream = session.request({ ":path": path, ":authority": host });
  let answer = "";
  stream.once("response", (headers) => (answer = `${headers[":status"]} `));
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => (answer += chunk));
  stream.once("end", () => resolve(answer));
  return promise.finally(() => session.close());
}
