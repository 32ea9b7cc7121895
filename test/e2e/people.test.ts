import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { programOf } from "#lib/checkout.ts";
import { bareEnv, ended, start } from "#lib/exec.ts";
import { processesWith } from "../processes.ts";
import { openBrowser } from "../people-world.ts";
import { startPlatform, until, webApp, type Platform } from "../platform.ts";
import { runProgram, type Ran } from "../programs.ts";
import { createSshClient, type SshClient } from "../ssh.ts";

let platform: Platform;
let ann: SshClient;
let bob: SshClient;

before(async () => {
  platform = await startPlatform();
  await berth("teams:add", "web");
  await berth("users:add", "ann", "--team", "web", "--role", "deployer");
  await berth("users:add", "bob", "--team", "web", "--role", "viewer");
  ann = await memberWith("ann");
  bob = await memberWith("bob");
  await berth("apps:create", "shop");
  await berth("apps:transfer", "shop", "web");
  await berth("apps:create", "vault");
});
after(() => platform[Symbol.asyncDispose]());

test("an app says which team owns it", async () => {
  const info = await platform.berth("apps:info", "shop");
  assert.match(info.stdout, /^Team +web$/m);
});

test("a key carries its person's rights into a push", async () => {
  const app = webApp("hello");
  const tree = await platform.tree({
    ...app,
    "server.js": `console.log("it listens");${app["server.js"]}`,
  });
  const pushed = await ann.push(tree, "shop");
  assert.equal(pushed.code, 0, pushed.stderr);
  const refused = await bob.push(tree, "shop");
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /bob may not do this: it needs the right deploy for shop/);
});

test("an app of another team is not there: not to push to, not to clone, not to see", async () => {
  const tree = await platform.tree(webApp("theirs"));
  for (const member of [ann, bob]) {
    const real = await member.push(tree, "vault");
    const absent = await member.push(tree, "nowhere");
    assert.notEqual(real.code, 0);
    assert.equal(real.stderr.replaceAll("vault", "X"), absent.stderr.replaceAll("nowhere", "X"));
    assert.match((await member.clone("vault", "none")).stderr, /No app is named vault/);
    const info = await member.run("apps:info", "vault");
    assert.match(info.stderr, /No app is named vault/);
    const listed = await member.run("apps", "--json");
    assert.ok(!listed.stdout.includes("vault"));
    assert.ok(listed.stdout.includes("shop"));
  }
});

test("who may only look can clone and read, and change nothing", async () => {
  assert.equal((await bob.clone("shop", "of-bob")).code, 0);
  assert.equal((await bob.run("releases", "-a", "shop")).code, 0);
  for (const words of [
    ["rollback", "-a", "shop"],
    ["ps:restart", "-a", "shop"],
    ["config:set", "A=b", "-a", "shop"],
    ["run", "-a", "shop", "--", "id"],
    ["apps:destroy", "shop", "--confirm", "shop"],
    ["access:grant", "bob", "admin", "-a", "shop"],
    ["users"],
    ["cleanup"],
  ]) {
    const ran = await bob.run(...words);
    assert.equal(ran.code, 5, `${words.join(" ")}: ${ran.stderr}`);
  }
  assert.match((await bob.run("whoami")).stdout, /bob, by ssh[\s\S]*web: read/);
});

test("class 22, exhaustion: a session over SSH ends with who began it, though it has nothing to say", async () => {
  const sessions = () => processesWith(platform.home, "ssh-shell.js");
  const follow = bob.argv("logs", "--tail", "-a", "shop");
  const following = start(follow, { stdio: ["ignore", "pipe", "ignore"] });
  assert.ok(following.stdout);
  const [first] = await once(following.stdout, "data");
  assert.match(String(first), /it listens/);
  const beginning = start(follow, { stdio: "ignore" });
  await until(async () => sessions().length > 1, "another has begun");
  for (const client of [following, beginning]) client.kill("SIGKILL");
  await until(async () => sessions().length === 0, "they have ended", 30_000);
});

test("class 22, exhaustion: a session whose sshd ended before it could look ends at once", async () => {
  const shell = programOf(join(import.meta.dirname, "../.."), "ssh-shell");
  const env = { SSH_ORIGINAL_COMMAND: "logs --tail -a shop" };
  // Its parent is somebody who is not sshd, and stays.
  const orphan = start([process.execPath, shell, platform.home, "bob", "1"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...bareEnv, ...env },
  });
  const giveUp = setTimeout(() => orphan.kill("SIGKILL"), 30_000);
  assert.equal((await ended(orphan)).signal, "SIGHUP");
  clearTimeout(giveUp);
});

test("class 22, exhaustion: who connects over SSH and says nothing keeps nobody else out", async () => {
  const silent = Array.from({ length: 220 }, () => connect(platform.ports.ssh, "127.0.0.1"));
  let greeted = 0;
  for (const socket of silent) socket.on("error", () => {}).once("data", () => (greeted += 1));
  await until(async () => greeted >= 50, "they have all places that they get");
  for (let count = 0; count < 3; count += 1) {
    const [program, ...words] = bob.argv("whoami");
    const ran = await runProgram([program, "-b", "127.0.0.2", ...words]);
    assert.equal(ran.code, 0, ran.stderr);
  }
  for (const socket of silent) socket.destroy();
});

test("what a one-off command printed is read by those alone who may run one", async () => {
  await platform.berth("run", "-a", "shop", "--", "echo", "for few eyes");
  const listed = await platform.berth("jobs", "--kind", "run", "--json");
  const [job] = JSON.parse(listed.stdout) as { id: number }[];
  const follow = ["jobs:follow", String(job?.id)];
  assert.match((await platform.berth(...follow)).stderr, /^ {7}for few eyes$/m);
  const looked = await bob.run(...follow);
  assert.equal(looked.code, 0, looked.stderr);
  assert.match(looked.stderr, /^\[What it printed is shown to those who may run commands/);
  assert.ok(!looked.stderr.includes("for few eyes"));
});

test("class 9, rights by a detour: deploying, and making a release current, are given apart", async () => {
  assert.equal((await ann.run("rollback", "-a", "shop")).code, 4, "there is nothing to go back to");
  await berth("teams:grant", "web", "ann", "deployer-release");
  assert.equal((await ann.run("rollback", "-a", "shop")).code, 5);
  await berth("teams:grant", "web", "ann", "deployer");
});

test("of what cannot be hidden, no owner is named", async () => {
  await berth("domains:add", "taken.example", "-a", "vault");
  const domain = await ann.run("domains:add", "taken.example", "-a", "shop");
  assert.match(domain.stderr, /taken\.example already belongs to another app/);
  assert.ok(!(await ann.run("domains", "--json")).stdout.includes("taken.example"));
  assert.match((await ann.run("apps:create", "vault")).stderr, /needs the right admin for a team/);
});

test("a token does what it is for, and ends with a word", async () => {
  const made = await ann.run("tokens:add", "ci", "--role", "viewer", "-a", "shop");
  const token = made.stdout.trim();
  assert.match(token, /^berth_/, made.stderr);
  const ask = (path: string, method = "GET") =>
    fetch(`http://127.0.0.1:${platform.ports.api}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
    });
  assert.equal((await ask("/apps/shop")).status, 200);
  assert.equal((await ask("/apps/vault")).status, 404);
  assert.equal((await ask("/apps/shop/stop", "POST")).status, 403);
  assert.equal((await ann.run("tokens:remove", "ci")).code, 0);
  assert.equal((await ask("/apps/shop")).status, 401);
});

test("the machine prints a sign-in link, which opens the console once", async () => {
  const { stdout } = await berth("sign-in", "admin");
  const [, token] = stdout.trim().split("#link=");
  const browser = openBrowser(`http://localhost:${platform.ports.api}`);
  assert.equal((await browser.send("POST", "/api/auth/link", { token })).status, 200);
  const me = await browser.send("GET", "/api/v1/account");
  assert.deepEqual([me.body.actor, me.body.superuser, me.body.door], ["admin", true, "console"]);
  const again = openBrowser(`http://localhost:${platform.ports.api}`);
  assert.equal((await again.send("POST", "/api/auth/link", { token })).status, 401);
});

test("who did what, from where and through which door, refusals too, is written down", async () => {
  const { stdout } = await berth("audit", "-n", "200", "--json");
  const entries = JSON.parse(stdout) as Record<string, unknown>[];
  const push = entries.find((it) => it["operation"] === "deploys.create");
  assert.deepEqual([push?.["actor"], push?.["door"], push?.["outcome"]], ["ann", "git", "done"]);
  assert.equal(push?.["address"], "127.0.0.1");
  const refused = entries.find((it) => it["outcome"] === "refused" && it["actor"] === "bob");
  assert.equal(refused?.["code"], "right_missing");
  const granted = entries.find((it) => it["operation"] === "teams.grant");
  assert.deepEqual(granted?.["after"], { "member ann": "deployer" });
  assert.equal((await bob.run("audit", "--json")).stdout.trim(), "[]");
  const ofShop = (await berth("audit", "-a", "shop")).stdout;
  assert.match(ofShop, /^.* ann +git +- +job\.deploy +shop +done +release: none → 1, .*job \d+$/m);
});

test("class 14, sessions: a removed person is out at once, also where they only listen", async () => {
  const argv = ann.argv("logs", "-a", "shop", "--source", "router", "--follow");
  const listening = start(argv, { stdio: ["ignore", "pipe", "inherit"] });
  let isHeard = false;
  listening.stdout?.on("data", () => (isHeard = true));
  const listens = async () => isHeard || (await platform.visit("shop.localhost"), false);
  await until(listens, "they hear of a visit");
  assert.equal((await ann.run("whoami")).code, 0);
  assert.equal(listening.exitCode, null);
  await berth("users:remove", "ann");
  await until(async () => listening.exitCode !== null, "they hear no more", 8000);
  assert.notEqual((await ann.run("whoami")).code, 0);
  const { stderr } = await platform.berth("users:remove", "admin");
  assert.match(stderr, /admin is the only superuser/);
});

async function berth(...words: string[]): Promise<Ran> {
  const ran = await platform.berth(...words);
  assert.equal(ran.code, 0, `${words.join(" ")}: ${ran.stderr}`);
  return ran;
}

async function memberWith(name: string): Promise<SshClient> {
  const client = await createSshClient(platform, name);
  await berth("keys:add", `${name}-laptop`, client.publicKey, "--user", name);
  return client;
}
