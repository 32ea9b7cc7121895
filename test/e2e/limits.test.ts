import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { exec } from "#lib/exec.ts";
import { commit, startPlatform, until, webApp, type Platform } from "../platform.ts";
import { git, type Ran } from "../programs.ts";
import { pidOf, processesWith, query, untilTidy } from "../processes.ts";

let platform: Platform;
before(async () => {
  platform = await startPlatform();
  await mkdir(join(platform.home, "config/repo"), { recursive: true });
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test("a second push waits, a third takes its place, and one that diverged meanwhile is refused", async () => {
  await platform.berth("apps:create", "queue");
  const tree = await platform.tree(webApp("one"));
  assert.equal((await platform.push(tree, "queue")).code, 0);
  const branches = ["two", "three", "four", "aside"];
  for (const name of branches) {
    if (name === "aside") await git(tree, "checkout", "-q", "-B", name, "main");
    else await git(tree, "checkout", "-q", "-b", name);
    await addBuild(tree, "until [ -e /cache/go ]; do sleep 0.05; done");
    await commit(tree, webApp(name));
  }
  const jobs = () => query(platform.home, "SELECT 1 FROM jobs").length;
  const pushes: Promise<Ran>[] = [];
  for (const name of branches) {
    const earlier = jobs();
    pushes.push(platform.push(tree, "queue", [`${name}:main`]));
    await until(async () => jobs() > earlier, `${name} is in the queue`);
  }
  const [app] = query<{ id: number }>(platform.home, "SELECT id FROM apps WHERE name = 'queue'");
  await writeFile(join(platform.home, `data/caches/${app?.id}/go`), "");
  const [two, three, four, aside] = await Promise.all(pushes);
  assert.equal(two?.code, 0, two?.stderr);
  assert.match(three?.stderr ?? "", /Waiting for the job before this one on queue/);
  assert.match(three?.stderr ?? "", /A newer push to queue took the place of this one/);
  for (const each of [three, four]) assert.equal(each?.code, 1);
  assert.match(aside?.stderr ?? "", /queue moved to [0-9a-f]{7} while this push waited/);
  assert.match(aside?.stderr ?? "", /Run git pull, then push again/);
  assert.equal((await platform.visit("queue.localhost")).body, "two");
  const last = await platform.push(tree, "queue", ["four:main"]);
  assert.equal(last.code, 0, last.stderr);
  assert.equal((await platform.visit("queue.localhost")).body, "four");
});

test("a build that prints without end is cut short for everybody, and its last lines are shown", async () => {
  await platform.berth("apps:create", "loud");
  const flood = "yes 'much ado about nothing' | head -c 1000000000; echo; echo the reason; exit 3";
  const tree = await builtBy(flood);
  const usual = await residentBytes();
  const watch = watchMemory();
  const refused = await platform.push(tree, "loud");
  const most = await watch.stop();
  assert.equal(refused.code, 1);
  const end = refused.stderr.slice(-40_000);
  assert.match(end, /\[\d{9,} bytes of output were left out here\]/);
  assert.match(end, /remote: {8}the reason/);
  assert.match(end, /The build hook failed: it exited with code 3/);
  assert.ok(refused.stderr.length < 3_000_000, `${refused.stderr.length} bytes to the pusher`);
  const logs = join(platform.home, "logs/jobs");
  const sizes = await Promise.all((await readdir(logs)).map((it) => stat(join(logs, it))));
  assert.ok(Math.max(...sizes.map(({ size }) => size)) < 3_000_000);
  const grown = Math.round((most - usual) / 1024 ** 2);
  assert.ok(grown < 100, `berthd grew by ${grown} MiB`);
});

test("one line of 10 MB is no harder than many lines", async () => {
  const line = "head -c 10000000 /dev/zero | tr '\\0' 'z'; exit 4";
  const refused = await platform.push(await builtBy(line), "loud", ["+main"]);
  assert.match(refused.stderr.slice(-2000), /The build hook failed: it exited with code 4/);
  assert.ok(refused.stderr.length < 3_000_000);
});

test("class 19, builds that are not trusted: what one leaves running in the background dies with it", async () => {
  const daemon = "setsid sleep 4321 & nohup sleep 4321 & exit 5";
  const refused = await platform.push(await builtBy(daemon), "loud", ["+main"]);
  assert.match(refused.stderr, /it exited with code 5/);
  assert.deepEqual(processesWith(platform.home, "sleep 4321"), []);
});

test("an app that never listens, or elsewhere, is refused with what was seen of it", async () => {
  await configure("deaf");
  const silent = await platform.tree({ Procfile: "web: echo I think; sleep 1000\n" });
  const refused = await platform.push(silent, "deaf");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /nothing listened on \$PORT, which is \d+, within 2 s/);
  assert.match(refused.stderr, /I think/);
  assert.match(refused.stderr, /raise health\.timeout_s/);
  const server = 'require("node:http").createServer().listen(Number(process.env.PORT) + 5000)';
  const elsewhere = await platform.tree({ "a.js": server, Procfile: "web: node a.js\n" });
  const wrong = await platform.push(elsewhere, "deaf", ["+main"]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /it listens on port \d+ and not on \$PORT, which is \d+/);
  assert.equal((await platform.visit("deaf.localhost")).status, 503);
});

test("an app that ignores SIGTERM is killed when its time is over", async () => {
  await configure("stubborn");
  const app = webApp("old");
  const stubborn = { ...app, Procfile: `web: trap '' TERM; node server.js & sleep 5432\n` };
  const tree = await platform.tree(stubborn);
  assert.equal((await platform.push(tree, "stubborn")).code, 0);
  await commit(tree, webApp("new"));
  assert.equal((await platform.push(tree, "stubborn")).code, 0);
  assert.equal((await platform.visit("stubborn.localhost")).body, "new");
  const isGone = async () => processesWith(platform.home, "sleep 5432").length === 0;
  await until(isGone, "the old instance is gone", 10_000);
});

test("when the ports are used up the push says so, and the old release serves on", async () => {
  await platform.berth("apps:create", "many");
  const tree = await platform.tree(webApp("one"));
  assert.equal((await platform.push(tree, "many")).code, 0);
  const file = join(platform.home, "config/berth.yml");
  const settings = await readFile(file, "utf8");
  const min = Number(/min: (\d+)/.exec(settings)?.[1]);
  await writeFile(file, settings.replace(/max: \d+/, `max: ${min + 1}`));
  try {
    await commit(tree, webApp("two"));
    const refusal = /All ports from \d+ to \d+ are in use; many needs 1 more/;
    const isRefused = async () => refusal.test((await platform.push(tree, "many")).stderr);
    await until(isRefused, "the smaller range is in force");
    assert.equal((await platform.visit("many.localhost")).body, "one");
    const scaled = await platform.berth("ps:scale", "web=9", "-a", "many");
    assert.match(scaled.stderr, /All ports from .*\n  → Widen ports in berth\.yml/);
  } finally {
    await writeFile(file, settings);
  }
  const isLive = async () => (await platform.push(tree, "many", ["main"])).code === 0;
  await until(isLive, "the push goes through with more ports");
});

test("a push of 100,000 files is live", async () => {
  await platform.berth("apps:create", "wide");
  const tree = await platform.tree(webApp("wide"));
  await importFiles(tree, 100_000);
  const pushed = await platform.push(tree, "wide", ["many:main"]);
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.equal((await platform.visit("wide.localhost")).body, "wide");
  const gone = await platform.berth("apps:destroy", "wide", "--confirm", "wide");
  assert.equal(gone.code, 0, gone.stderr);
});

test("after all this nothing is left behind, and Berth has made no mistake of its own", async () => {
  await untilTidy(platform.home);
  const log = await readFile(join(platform.home, "logs/berthd/current"), "utf8");
  assert.doesNotMatch(log, /"level":50/);
});

/** An app whose build runs these commands. */
async function builtBy(commands: string): Promise<string> {
  const tree = await platform.tree(webApp("built"));
  await addBuild(tree, commands);
  await commit(tree, {});
  return tree;
}

async function addBuild(tree: string, commands: string): Promise<void> {
  await writeFile(join(tree, ".build.sh"), `#!/bin/sh\n${commands}\n`, { mode: 0o755 });
}

/** An app with little patience, from the configuration directory. */
async function configure(app: string): Promise<void> {
  const text =
    "branches:\n  main:\n    health:\n      timeout_s: 2\n    timing:\n      stop_timeout_s: 1\n";
  await writeFile(join(platform.home, `config/repo/${app}.yml`), text);
  const isThere = async () => (await platform.berth("apps:info", app)).code === 0;
  await until(isThere, `${app} is taken from its file`);
}

/** A branch `many` on top of main with so many small files more. */
async function importFiles(tree: string, count: number): Promise<void> {
  const data = [
    "commit refs/heads/many\ncommitter T <t@localhost> 0 +0000\ndata 4\nmany\nfrom refs/heads/main\n",
  ];
  for (let index = 0; index < count; index += 1) {
    const text = `file ${index}\n`;
    data.push(`M 644 inline d${index % 300}/f${index}\ndata ${text.length}\n${text}`);
  }
  await exec(["git", "-C", tree, "fast-import", "--quiet"], { input: data.join("") });
}

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${await pidOf(platform.home, "berthd")}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Keeps looking at berthd's memory; answers the most that it had. */
function watchMemory(): { readonly stop: () => Promise<number> } {
  const stopping = new AbortController();
  const watching = (async () => {
    let most = 0;
    while (!stopping.signal.aborted) {
      most = Math.max(most, await residentBytes());
      await sleep(100);
    }
    return most;
  })();
  return {
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}
