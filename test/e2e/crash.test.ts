import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { after, before } from "node:test";
import Database from "better-sqlite3";
import { deploySteps, type DeployStep } from "#domain/job.ts";
import { isRoot } from "../privileges.ts";
import { commit, startPlatform, until, webApp, type Platform } from "../platform.ts";
import { runProgram } from "../programs.ts";
import { kill, killBerthd, pidOf, processesWith, query, untilTidy } from "../processes.ts";
import { askSteadily, type Tally } from "../requests.ts";

/** Each step takes long enough to be met in it: a build, a hook, a boot that wait a little. */
const slowConfig = `branches:
  main:
    hooks:
      before_build: sleep 0.1
      maintenance: sleep 0.1
    timing: {stop_timeout_s: 2}
`;

let platform: Platform;
let tree: string;
before(async () => {
  platform = await startPlatform();
  await mkdir(join(platform.home, "config/repo"));
  await writeFile(join(platform.home, "config/repo/steps.yml"), slowConfig);
  await platform.berth("apps:create", "other");
  const pushed = await platform.push(await platform.tree(webApp("other")), "other");
  assert.equal(pushed.code, 0, pushed.stderr);
  tree = await platform.tree(stepsApp("first"));
  const first = await platform.push(tree, "steps");
  assert.equal(first.code, 0, first.stderr);
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

for (const step of deploySteps) {
  test(`berthd killed at "${step}": the deploy is finished, and nobody noticed`, async () => {
    const others = ask("other");
    const mine = ask("steps");
    const { text, output } = await killedAt(step);
    assertOnce(output, "Release command", isPast(step, "release"));
    assertOnce(output, "Hook maintenance", isPast(step, "hooks"));
    assert.equal((await platform.visit("steps.localhost")).body, text);
    await untilTidy(platform.home);
    assertOnly(await others.stop(), /^200 other$/);
    assertOnly(await mine.stop(), /^200 /);
    await assertCurrent(text);
  });
}

test("a build that a killed berthd began ends with it, and the next one starts from nothing", async () => {
  await commit(tree, { ".build.sh": "#!/bin/sh\nsleep 1.73\ntouch built-$(ls | grep -c built)\n" });
  await runProgram(["chmod", "+x", join(tree, ".build.sh")]);
  await commit(tree, stepsApp("built"));
  const pushing = platform.push(tree, "steps");
  const builds = () => processesWith(platform.home, "sleep 1.73");
  await until(async () => builds().length > 0, "the build runs");
  const begun = builds().map(({ pid }) => pid);
  await killBerthd(platform);
  assert.deepEqual(
    builds().filter(({ pid }) => begun.includes(pid)),
    [],
  );
  const pushed = await pushing;
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stderr, /Berth was restarted; going on/);
  await untilTidy(platform.home);
});

test("what a killed berthd or berth-root left lying about is gone after its restart", async () => {
  const left = [
    "run/services/i999.partial/log",
    "data/scratch/6a0f5bd2-3c7b-4a40-9d6c-2d4f1c8f3a11/tmp",
    "data/artifacts/999.partial/src",
    "data/repos/6a0f5bd2-3c7b-4a40-9d6c-2d4f1c8f3a11.partial",
  ];
  const { uid, gid } = await stat(join(platform.home, "data/repos"));
  for (const folder of left) {
    await mkdir(join(platform.home, folder), { recursive: true });
    const owner = folder.startsWith("run") ? "0:0" : `${uid}:${gid}`;
    await runProgram(["chown", "-R", owner, join(platform.home, folder)]);
  }
  await writeFile(join(platform.home, "data/repos/6a0f5bd2-3c7b-4a40-9d6c-2d4f1c8f3a11.index"), "");
  if (isRoot) kill(await pidOf(platform.home, "berth-root"));
  await killBerthd(platform);
  await untilTidy(platform.home);
  assert.equal((await platform.visit("other.localhost")).body, "other");
});

test("a push that meets no berthd waits for the next one", async () => {
  await commit(tree, stepsApp("met nobody"));
  kill(await pidOf(platform.home, "berthd"));
  const pushed = await platform.push(tree, "steps");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.equal((await platform.visit("steps.localhost")).body, "met nobody");
});

test("berthd killed again and again as it starts comes up in the end, and apps serve on", async () => {
  const others = ask("other");
  let running = -1;
  const anotherRuns = async () => {
    // s6 tells the id of one that was killed until it has noticed.
    const ended = running;
    await until(async () => {
      running = await pidOf(platform.home, "berthd").catch(() => -1);
      return running > 0 && running !== ended;
    }, "a new berthd");
  };
  for (let count = 0; count < 4; count += 1) {
    await anotherRuns();
    kill(running);
  }
  await anotherRuns();
  await killBerthd(platform);
  assertOnly(await others.stop(), /^200 other$/);
  await untilTidy(platform.home);
});

/** Pushes until berthd could be killed just at that step; gives what the app says then. */
async function killedAt(step: DeployStep): Promise<{ text: string; output: string }> {
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const text = `${step} ${attempt}`;
    await commit(tree, stepsApp(text));
    const newest = query<{ id: number }>(platform.home, "SELECT max(id) AS id FROM jobs")[0]?.id;
    const pushing = platform.push(tree, "steps");
    const isHit = await killWhen(step, newest ?? 0);
    const pushed = await pushing;
    assert.equal(pushed.code, 0, pushed.stderr);
    if (isHit) return { text, output: pushed.stderr };
  }
  throw new Error(`berthd could not be killed at ${step}`);
}

/** Looks at the newest job all the time; answers whether the step was met. */
async function killWhen(step: DeployStep, older: number): Promise<boolean> {
  const berthd = await pidOf(platform.home, "berthd");
  const database = new Database(join(platform.home, "data/berth.db"), { readonly: true });
  const previous = deploySteps[deploySteps.indexOf(step) - 1] ?? null;
  const newest = database.prepare<[number], { step: string | null; status: string }>(
    "SELECT step, status FROM jobs WHERE id > ? ORDER BY id DESC LIMIT 1",
  );
  try {
    for (;;) {
      const job = newest.get(older);
      if (job?.step === step && job.status === "running") {
        process.kill(berthd, "SIGKILL");
        return newest.get(older)?.step === step;
      }
      if (job && job.status !== "waiting" && job.status !== "running") return false;
      // Berth wants the processor, too, until the step is near.
      if ((job?.step ?? null) === previous) await new Promise((turn) => setImmediate(turn));
      else await sleep(1);
    }
  } finally {
    database.close();
  }
}

function isPast(step: DeployStep, other: DeployStep): boolean {
  return deploySteps.indexOf(step) > deploySteps.indexOf(other);
}

/** What was done before the kill is not done again after it. */
function assertOnce(output: string, heading: string, isDone: boolean): void {
  const times = output.split(heading).length - 1;
  assert.ok(isDone ? times === 1 : times >= 1, `${heading} ${times} times\n${output}`);
}

function ask(app: string) {
  return askSteadily({ port: platform.ports.direct, host: `${app}.localhost`, everyMs: 20 });
}

function assertOnly({ counts }: Tally, expected: RegExp): void {
  assert.ok(counts.size > 0, "something was asked");
  const others = [...counts].filter(([answer]) => !expected.test(answer));
  assert.deepEqual(others, []);
}

async function assertCurrent(text: string): Promise<void> {
  const head = await runProgram(["git", "-C", tree, "rev-parse", "HEAD"]);
  const [app] = query<{ id: number }>(platform.home, "SELECT id FROM apps WHERE name = 'steps'");
  const repository = join(platform.home, `data/repos/${app?.id}.git`);
  const safe = ["-c", "safe.directory=*"];
  const tip = await runProgram(["git", ...safe, "-C", repository, "rev-parse", "main"]);
  assert.equal(tip.stdout, head.stdout, tip.stderr);
  const [current] = query<{ commit: string; status: string }>(
    platform.home,
    `SELECT a."commit", r.status FROM branches b JOIN releases r ON r.id = b.current_release_id
     JOIN artifacts a ON a.id = r.artifact_id WHERE b.app_id = ?`,
    app?.id,
  );
  assert.deepEqual({ ...current }, { commit: head.stdout.trim(), status: "healthy" }, text);
  assert.equal(query(platform.home, "SELECT 1 FROM jobs WHERE ended_at IS NULL").length, 0);
}

/** A web server that takes a moment to listen, and a release command. */
function stepsApp(text: string): Record<string, string> {
  const server = `setTimeout(() => require("node:http").createServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT), 100)`;
  return {
    "server.js": server,
    Procfile: "web: node server.js\nrelease: sleep 0.1\n",
  };
}
