import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { freePort } from "../machine.ts";
import { commit, startPlatform, until, webApp, type Platform } from "../platform.ts";
import { query } from "../processes.ts";
import { askSteadily, type Tally } from "../requests.ts";

let platform: Platform;
before(async () => {
  platform = await startPlatform();
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Holds one port that is always the same, so that two of it cannot run side by side, until its end. */
function jealousApp(text: string): Record<string, string> {
  const lock = `require("node:net").createServer().listen(process.env.LOCK, "127.0.0.1");
    process.on("SIGTERM", () => setTimeout(() => process.exit(), 500));\n`;
  const app = webApp(text);
  return { ...app, "server.js": lock + app["server.js"] };
}

/** A hook that fails while the jealous app runs. */
const nothingRuns =
  "node -e \"require('net').connect(process.env.LOCK, '127.0.0.1').on('connect', () => process.exit(9)).on('error', () => {})\"";

test("requests wait while the hooks run with nothing of the app running, and reach the new release", async () => {
  const env = { LOCK: String(await freePort()) };
  const maintenance = [nothingRuns, "sleep 1.5", nothingRuns, "echo hooks are done"];
  await configure("patient", { hooks: { maintenance }, env });
  const tree = await platform.tree(jealousApp("one"));
  const first = await platform.push(tree, "patient");
  assert.equal(first.code, 0, first.stderr);
  await using load = steady("patient.localhost");
  await commit(tree, jealousApp("two"));
  const pushed = await platform.push(tree, "patient");
  const tally = await load.stop();
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stderr, /hooks are done/);
  assertOnly(tally, ["200 one", "200 two"]);
  assert.ok(tally.slowestMs > 1000, `the slowest took ${tally.slowestMs} ms`);
});

test("when a hook fails, the push is refused and the old release serves again, without a lost request", async () => {
  await configure("careful", {});
  const tree = await platform.tree(webApp("good"));
  assert.equal((await platform.push(tree, "careful")).code, 0);
  await configure("careful", { hooks: { maintenance: ["echo half way", "exit 3"] } });
  await using load = steady("careful.localhost");
  await commit(tree, webApp("bad"));
  const refused = await platform.push(tree, "careful");
  await until(async () => (await platform.visit("careful.localhost")).body === "good", "it serves");
  const tally = await load.stop();
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /The maintenance hook failed: it exited with code 3/);
  assertOnly(tally, ["200 good"]);
});

test("past the hold the maintenance upstream answers, else a page with Retry-After", async () => {
  await configure("slow", { hooks: { maintenance: "sleep 4" }, timing: { hold_timeout_s: 1 } });
  await configure("sorry", {});
  await mkdir(join(platform.home, "config/domains"), { recursive: true });
  await writeFile(
    join(platform.home, "config/domains/slow.example.com.yml"),
    `locations:
  /:
    upstream: { repo: slow, branch: main, runner: web }
    maintenance_upstream: { repo: sorry, branch: main, runner: web }
ssl: false
`,
  );
  assert.equal((await platform.push(await platform.tree(webApp("sorry")), "sorry")).code, 0);
  const tree = await platform.tree(webApp("up"));
  const push = platform.push(tree, "slow");
  const isHeld = async () =>
    (await platform.visit("slow.localhost")).body.includes("In maintenance");
  await until(isHeld, "maintenance");
  const page = await platform.visit("slow.localhost");
  assert.equal(page.status, 503);
  assert.equal(page.headers["retry-after"], "10");
  assert.equal((await platform.visit("slow.example.com")).body, "sorry");
  assert.equal((await push).code, 0);
  assert.equal((await platform.visit("slow.example.com")).body, "up");
});

test("hooks.while_serving lets the old release serve meanwhile", async () => {
  await configure("busy", { hooks: { maintenance: "sleep 1.5", while_serving: true } });
  const tree = await platform.tree(webApp("one"));
  assert.equal((await platform.push(tree, "busy")).code, 0);
  await using load = steady("busy.localhost");
  await commit(tree, webApp("two"));
  assert.equal((await platform.push(tree, "busy")).code, 0);
  const tally = await load.stop();
  assertOnly(tally, ["200 one", "200 two"]);
  assert.ok(tally.slowestMs < 1400, `the slowest took ${tally.slowestMs} ms`);
});

test("a change of the configuration alone runs no maintenance hooks and stops nothing", async () => {
  await configure("steady", { hooks: { maintenance: "sleep 1.5" } });
  const tree = await platform.tree(webApp("same"));
  assert.equal((await platform.push(tree, "steady")).code, 0);
  await using load = steady("steady.localhost");
  await configure("steady", { hooks: { maintenance: "sleep 1.5" }, env: { COLOUR: "blue" } });
  const isChanged = async () => {
    const { stdout } = await platform.berth("releases", "-a", "steady", "--json");
    const [newest] = JSON.parse(stdout) as { description: string; current: boolean }[];
    return newest?.description === "Change of the configuration file" && newest.current;
  };
  await until(isChanged, "a release of the changed configuration");
  const shown = await platform.berth("run", "-a", "steady", "--", "sh", "-c", "echo $COLOUR");
  assert.equal(shown.stdout, "blue\n");
  const tally = await load.stop();
  assertOnly(tally, ["200 same"]);
  assert.ok(tally.slowestMs < 1400, `the slowest took ${tally.slowestMs} ms`);
});

/** Writes an app's file with one branch and one web runner, and waits until it is in force. */
async function configure(app: string, branch: object): Promise<void> {
  const runners = { web: { type: "NginxBackend", cmd: "node server.js" } };
  // JSON is YAML, too.
  const text = JSON.stringify({ branches: { main: { runners, ...branch } } });
  await mkdir(join(platform.home, "config/repo"), { recursive: true });
  const sql = "SELECT 1 FROM audit WHERE operation = 'host_config.apply' AND target = ?";
  const applied = () => query(platform.home, sql, app).length;
  const earlier = applied();
  await writeFile(join(platform.home, "config/repo", `${app}.yml`), text);
  await until(async () => applied() > earlier, `the file of ${app} is in force`);
}

function steady(host: string) {
  return askSteadily({ port: platform.ports.direct, host });
}

function assertOnly({ counts }: Tally, expected: readonly string[]): void {
  const others = [...counts].filter(([outcome]) => !expected.includes(outcome));
  assert.deepEqual(others, [], JSON.stringify([...counts]));
}
