import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { after, before } from "node:test";
import { ended, start } from "#lib/exec.ts";
import { commit, copyExample, startPlatform, webApp, type Platform } from "../platform.ts";
import { shownInTerminal, talkToShell } from "../terminal.ts";

let platform: Platform;
before(async () => {
  platform = await startPlatform("app_runs_max: 2\n");
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test("a pushed app is live when git push returns, and the push shows its way there", async () => {
  await platform.berth("apps:create", "hello");
  const pushed = await platform.push(await copyExample(platform, "hello"), "hello");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stderr, /Release v1: Deploy [0-9a-f]{7}/);
  assert.match(pushed.stderr, /v1 is live/);
  assert.doesNotMatch(pushed.stderr, /s6-|execline/);
  const answer = await platform.visit("hello.localhost");
  assert.equal(answer.body, "Hello from Berth!\n");
});

test("a failed build refuses the push, and what was live stays live", async () => {
  await platform.berth("apps:create", "careful");
  const tree = await platform.tree(webApp("good"));
  assert.equal((await platform.push(tree, "careful")).code, 0);
  const script = join(tree, ".build.sh");
  await writeFile(script, "#!/bin/sh\necho about to fail\nexit 3\n", { mode: 0o755 });
  await commit(tree, {});
  const refused = await platform.push(tree, "careful");
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /about to fail[^]*it exited with code 3[^]*\[remote rejected\]/);
  assert.equal((await platform.visit("careful.localhost")).body, "good");
});

test("an app that never listens is refused with the reason and its last lines", async () => {
  await platform.berth("apps:create", "deaf");
  const tree = await platform.tree({ Procfile: "web: echo starting up; exit 9\n" });
  const refused = await platform.push(tree, "deaf");
  assert.match(refused.stderr, /web\.1 of deaf did not become healthy: it exited with code 9/);
  assert.match(refused.stderr, /starting up/);
  assert.equal((await platform.visit("deaf.localhost")).status, 503);
});

test("config vars make a release without a build, and a rollback takes code and config back", async () => {
  await platform.berth("apps:create", "conf");
  const server = [
    `console.log("\\x1b[31mstarting\\x1b[0m");`,
    `const server = require("node:http").createServer((q, s) => s.end("one " + process.env.COLOUR));`,
    `setTimeout(() => server.listen(process.env.PORT), Number(process.env.START_MS ?? 0));`,
  ].join("\n");
  const tree = await platform.tree({ "server.js": server, Procfile: "web: node server.js\n" });
  assert.equal((await platform.push(tree, "conf")).code, 0);
  const set = await platform.berth("config:set", "COLOUR=blue it's", "-a", "conf");
  assert.equal(set.code, 0, set.stderr);
  assert.equal((await platform.visit("conf.localhost")).body, "one blue it's");
  await commit(tree, { "server.js": server.replace("one", "two") });
  assert.equal((await platform.push(tree, "conf")).code, 0);
  assert.equal((await platform.visit("conf.localhost")).body, "two blue it's");
  const back = await platform.berth("rollback", "v1", "-a", "conf");
  assert.equal(back.code, 0, back.stderr);
  assert.equal((await platform.visit("conf.localhost")).body, "one undefined");
  const releases = await platform.berth("releases", "-a", "conf", "--json");
  assert.equal((JSON.parse(releases.stdout) as unknown[]).length, 4);
});

test("the same commands work over SSH, with the key's name as the actor", async () => {
  const listed = await platform.overSsh("apps", "--json");
  assert.equal(listed.code, 0, listed.stderr);
  const made = await platform.overSsh("apps:create", "remote-made");
  assert.equal(made.code, 0, made.stderr);
  const events = await platform.berth("events", "--json");
  assert.match(
    events.stdout,
    /"actor": ?"owner"[^}]*remote-made|remote-made[^}]*"actor": ?"owner"/,
  );
});

test("run has the release's code and environment, and passes its exit code on", async () => {
  const ran = await platform.berth(
    "run",
    "-a",
    "conf",
    "--",
    "sh",
    "-c",
    "ls; echo $GIT_COMMIT; exit 5",
  );
  assert.equal(ran.code, 5, ran.stderr);
  assert.match(ran.stdout, /Procfile\nserver\.js\n[0-9a-f]{40}\n/);
});

test("run reads what it is given, however early that comes", async () => {
  const run = start([...platform.command, "run", "-a", "conf", "--", "wc", "-c"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  run.stdin?.end(Buffer.alloc(3_000_000));
  assert.equal(Number(await text(run.stdout!)), 3_000_000);
});

test("class 22, exhaustion: an app runs only so many commands at once, and says what to type", async () => {
  const words = ["run", "-a", "conf", "--", "cat"] as const;
  const running = [1, 2].map(() =>
    start([...platform.command, ...words], { stdio: ["pipe", "pipe", "ignore"] }),
  );
  const ends = running.map((run) => ended(run));
  for (const run of running) run.stdin?.write("begun\n");
  for (const run of running) await once(run.stdout!, "data");
  const refused = await platform.berth("--json", ...words);
  assert.equal(refused.code, 4, refused.stderr);
  const { error } = JSON.parse(refused.stderr) as { error: { code: string; hint: string } };
  assert.equal(error.code, "too_many_runs");
  const [, list = ""] = /List them with berth (.*?), end one with/.exec(error.hint) ?? [];
  const jobs = await platform.berth(...list.split(" "), "--json");
  const [newest] = JSON.parse(jobs.stdout) as { id: number }[];
  assert.equal((await platform.berth("jobs:abort", String(newest?.id))).code, 0);
  assert.equal((await platform.berth(...words.slice(0, -1), "true")).code, 0);
  for (const run of running) run.stdin?.end();
  await Promise.all(ends);
});

test("run in a terminal is a terminal", async () => {
  await talkToShell([...platform.command, "run", "-a", "conf", "--", "sh"]);
});

test("at a terminal the last line tells how far a job is; NO_COLOR takes that and colours away", async () => {
  const inTerminal = (words: string, options = {}) =>
    shownInTerminal([...launcher(), ...words.split(" "), "-a", "conf"], options);
  const bar = /\r\^\[\[K\[#* *\] [^\r]+, \d+ of about \d+ s/;
  assert.match(await inTerminal("config:set START_MS=900"), bar);
  assert.match(await inTerminal("logs"), /\^\[\[31mstarting/);
  const plain = { env: { NO_COLOR: "1" } };
  const set = await inTerminal("config:set START_MS=901", plain);
  assert.match(set, /conf: release done/);
  const logs = await inTerminal("logs", plain);
  assert.match(logs, /starting/);
  assert.ok(!(set + logs).includes("^["), set + logs);
});

test("berth top shows what runs on a screen of its own, and leaves the terminal as it was", async () => {
  const shown = await shownInTerminal([...launcher(), "top"], { interruptAt: "web.1" });
  assert.match(shown, /^\^\[\[\?1049h[^]*conf[^]*web\.1[^]*\^\[\[\?1049l/);
});

test("scaling adds and removes instances; destroying leaves nothing, and nothing else is touched", async () => {
  await platform.berth("apps:create", "shop");
  await platform.berth("apps:create", "shop-admin");
  await platform.push(await platform.tree(webApp("shop")), "shop");
  await platform.push(await platform.tree(webApp("admin")), "shop-admin");
  assert.equal((await platform.berth("ps:scale", "web=3", "-a", "shop")).code, 0);
  const ps = await platform.berth("ps", "-a", "shop", "--json");
  assert.equal((JSON.parse(ps.stdout) as unknown[]).length, 3);
  const refused = await platform.berth("apps:destroy", "shop");
  assert.equal(refused.code, 2);
  const gone = await platform.berth("apps:destroy", "shop", "--confirm", "shop");
  assert.equal(gone.code, 0, gone.stderr);
  assert.equal((await platform.visit("shop.localhost")).status, 404);
  assert.equal((await platform.visit("shop-admin.localhost")).body, "admin");
  const apps = JSON.parse((await platform.berth("apps", "--json")).stdout) as unknown[];
  const repositories = await readdir(join(platform.home, "data/repos"));
  assert.equal(repositories.length, apps.length);
});

test("an app that crashes just after it listens is refused, and the old release takes back at once", async () => {
  await platform.berth("apps:create", "shaky");
  const tree = await platform.tree(webApp("steady"));
  assert.equal((await platform.push(tree, "shaky")).code, 0);
  const crashing = `require("node:http").createServer().listen(process.env.PORT, () => setTimeout(() => process.exit(4), 150));`;
  await commit(tree, { "server.js": crashing });
  const refused = await platform.push(tree, "shaky");
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /web\.1 of shaky did not become healthy: it exited with code 4/);
  assert.equal((await platform.visit("shaky.localhost")).body, "steady");
  const releases = JSON.parse(
    (await platform.berth("releases", "-a", "shaky", "--json")).stdout,
  ) as { status: string }[];
  assert.deepEqual(
    releases.map(({ status }) => status),
    ["failed", "healthy"],
  );
});

/** The command line as people start it. */
function launcher(): [string, ...string[]] {
  const program = join(import.meta.dirname, "../../bin/berth");
  return [process.execPath, program, "--home", platform.home];
}
