import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { exec } from "#lib/exec.ts";
import { commit, until, webApp } from "../platform.ts";
import { kill, pidOf, processesOf, processesWith, query, untilTidy } from "../processes.ts";
import { askSteadily } from "../requests.ts";
import type { World } from "./world.ts";

/** Answers, and ends for good when told to, once the router has an app for its sign of that. */
const fragile = (router: number) => `console.log("begun");
const { createServer, get } = require("node:http");
const server = createServer((q, s) => {
  if (q.url === "/break") process.exit(7);
  console.log("asked for " + q.url);
  s.end("fragile");
});
get({ port: ${router}, host: "127.0.0.1", headers: { host: "${sign}" } }, (answer) => {
  answer.resume();
  if (answer.statusCode === 404) return server.listen(process.env.PORT);
  console.log("broken again");
  process.exit(7);
});`;
const sign = "broken.example.com";

/** Serves, and does not hear SIGTERM. */
const deaf = `process.on("SIGTERM", () => console.log("not now"));
require("node:http").createServer((q, s) => s.end("deaf")).listen(process.env.PORT);`;

const slowBuild = { ".build.sh": "#!/bin/sh\nsleep 0.6\n" };

/** Every part of Berth, and of an app, is killed, alone and with all others. */
export function killTests(world: World): void {
  const { platform, slow, deploy, serves, untilBerthd, assertDown } = world;
  test("a killed nginx is back in a moment, also while berthd is down, and serves all it served", async () => {
    await exec(["s6-svc", "-d", join(platform.home, "run/scan/berthd")]);
    await until(async () => (await pidOf(platform.home, "berthd")) <= 0, "berthd is down");
    const ofNginx = () => processesWith(platform.home, "nginx: ").map(({ pid }) => pid);
    const old = ofNginx();
    kill(...processesWith(platform.home, "nginx: master process").map(({ pid }) => pid));
    try {
      // Until they end, too, its workers answer as they did.
      const isGone = async () => !ofNginx().some((pid) => old.includes(pid));
      await until(isGone, "nginx has ended", 5000);
      await until(() => serves("solid"), "nginx is back", 5000);
      assert.equal((await platform.visit("slow.localhost")).body, "slow 0");
      assert.equal((await platform.visit("unknown.localhost")).status, 404);
    } finally {
      await exec(["s6-svc", "-u", join(platform.home, "run/scan/berthd")]);
      await untilBerthd();
    }
  });

  test("a killed nginx worker is replaced", async () => {
    const [worker] = processesWith(platform.home, "nginx: worker process");
    assert.ok(worker);
    kill(worker.pid);
    await until(() => serves("solid"), "a worker answers", 5000);
    await deploy("after-worker", webApp("after"));
    assert.equal((await platform.visit("after-worker.localhost")).body, "after");
  });

  test("a killed sshd is back, and a push that was under way goes on", async () => {
    await commit(slow, { ...slowBuild, ...webApp("slow 1") });
    const pushing = platform.push(slow, "slow");
    await untilStep(world, "build");
    kill(await pidOf(platform.home, "sshd"));
    await until(async () => (await platform.overSsh("apps")).code === 0, "sshd is back", 8000);
    const pushed = await pushing;
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.equal((await platform.visit("slow.localhost")).body, "slow 1");
  });

  for (const [what, words] of [
    ["git receive-pack", " receive-pack "],
    ["the session that follows the deploy", "ssh-shell.js"],
    ["the hook that only passes on", "s6-ioconnect"],
    ["ssh on the pusher's side", "git-receive-pack"],
  ] as const) {
    test(`an accepted push is finished though ${what} was killed in the middle`, async () => {
      const text = `slow after ${what}`;
      await commit(slow, webApp(text));
      const pushing = platform.push(slow, "slow");
      await untilStep(world, "build");
      const found = [...processesWith(platform.home, words), ...clientsWith(world, words)];
      assert.ok(found.length > 0, words);
      kill(...found.map(({ pid }) => pid));
      await pushing;
      await until(async () => (await platform.visit("slow.localhost")).body === text, text, 8000);
      await until(async () => openJobs(world) === 0, "the job has ended");
    });
  }

  test("an instance, its supervisor or its logger killed: one of each is back, others never notice", async () => {
    await deploy("fragile", {
      "server.js": fragile(platform.ports.direct),
      Procfile: "web: node server.js\n",
    });
    const others = askSteadily({
      port: platform.ports.direct,
      host: "solid.localhost",
      everyMs: 20,
    });
    const service = await serviceOf(world, "fragile");
    const logger = processesWith(platform.home, `${service.slice(1)}-web.1`);
    const supervisor = processesWith(platform.home, `s6-supervise ${service}`);
    for (const found of [
      logger,
      [{ pid: await pidOf(platform.home, service) }],
      supervisor.slice(0, 1),
    ]) {
      assert.equal(found.length, 1);
      kill(...found.map(({ pid }) => pid));
      await until(() => serves("fragile"), "the app is back", 8000);
      await untilTidy(platform.home);
      await platform.visit("fragile.localhost", "/still-logged");
      await until(
        async () =>
          (await platform.berth("logs", "-a", "fragile")).stdout.includes("/still-logged"),
        "its output is kept",
      );
    }
    const { counts } = await others.stop();
    assert.deepEqual([...counts.keys()], ["200 solid"]);
  });

  test("an app that keeps crashing is shown with code and last lines, and does not spin", async () => {
    const added = await platform.berth("domains:add", sign, "-a", "solid");
    assert.equal(added.code, 0, added.stderr);
    await platform.visit("fragile.localhost", "/break").catch(() => null);
    const shown = async () => {
      const { stdout } = await platform.berth("ps", "-a", "fragile", "--json");
      return JSON.parse(stdout) as { state: string; lastExit: unknown; lastLines: string[] }[];
    };
    const service = join(platform.home, "run/scan", await serviceOf(world, "fragile"));
    // Between two starts it is down, too, but not wanted so.
    const isGivenUp = async () =>
      (await exec(["s6-svstat", "-o", "up,wantedup", service])).trim() === "false false" &&
      (await begun()) >= 2;
    const begun = async () => {
      const { stdout } = await platform.berth("logs", "-a", "fragile", "-n", "500");
      return stdout.split("broken again").length - 1;
    };
    await until(isGivenUp, "it is given up", 15_000);
    const [web] = await shown();
    assert.equal(web?.state, "crashing");
    assert.deepEqual(web.lastExit, { code: 7, signal: null });
    assert.ok(web.lastLines.includes("broken again"), web.lastLines.join("\n"));
    const { stdout } = await platform.berth("events", "-a", "fragile");
    assert.match(stdout, /web\.1 exited with code 7/);
    const starts = await begun();
    await sleep(2000);
    assert.ok((await begun()) <= starts + 1, "it waits longer between starts");
    assert.equal((await platform.visit("fragile.localhost")).status, 503);
    const gone = await platform.berth("apps:destroy", "fragile", "--confirm", "fragile");
    assert.equal(gone.code, 0, gone.stderr);
  });

  test("an app that ignores SIGTERM is killed once its stop_timeout is over", async () => {
    await deploy("deaf", { "server.js": deaf, Procfile: "web: node server.js\n" });
    const startedMs = performance.now();
    const stopped = await platform.berth("ps:stop", "-a", "deaf");
    assert.equal(stopped.code, 0, stopped.stderr);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs > 1000 && tookMs < 8000, `${tookMs} ms: ${stopped.stdout}${stopped.stderr}`);
    await untilTidy(platform.home);
    assert.match((await platform.berth("logs", "-a", "deaf")).stdout, /not now/);
  });

  test("s6-svscan killed and then berth down: nothing is left, and berth up brings all back", async () => {
    kill(...processesWith(platform.home, "s6-svscan -c").map(({ pid }) => pid));
    await assertDown();
    await platform.up();
    await until(() => serves("solid"), "the app is back", 10_000);
  });

  test("s6-svscan killed: apps serve on, and berth up takes everything over", async () => {
    const others = askSteadily({
      port: platform.ports.direct,
      host: "solid.localhost",
      everyMs: 20,
    });
    kill(...processesWith(platform.home, "s6-svscan -c").map(({ pid }) => pid));
    const scaled = await platform.berth("ps:scale", "web=2", "-a", "solid");
    assert.match(scaled.stderr, /s6-svscan was ended from elsewhere; berth up starts it again/);
    const { counts } = await others.stop();
    assert.deepEqual([...counts.keys()], ["200 solid"]);
    await platform.up();
    await untilBerthd();
    await until(() => serves("solid"), "the app serves", 8000);
    await untilTidy(platform.home);
    await deploy("after-svscan", webApp("after"));
    assert.equal((await platform.visit("after-svscan.localhost")).body, "after");
    const log = await readFile(join(platform.home, "logs/s6-svscan.log"), "utf8");
    assert.doesNotMatch(log, /another instance/);
    assertSingle(world);
  });

  test("after a power cut, starting Berth brings every app back, once", async () => {
    for (
      let left = processesOf(platform.home);
      left.length > 0;
      left = processesOf(platform.home)
    ) {
      kill(...left.map(({ pid }) => pid));
    }
    await platform.up();
    await until(() => serves("solid"), "the app is back", 10_000);
    await until(() => serves("after-svscan"), "the other one too", 10_000);
    await untilTidy(platform.home);
    assertSingle(world);
  });

  test("berth down leaves no process, and berth up brings all apps back", async () => {
    await assertDown();
    await platform.up();
    await until(() => serves("solid"), "the app is back", 10_000);
    assert.equal((await platform.visit("deaf.localhost")).status, 503);
    await untilTidy(platform.home);
  });
}

function openJobs({ platform }: World): number {
  return query(platform.home, "SELECT 1 FROM jobs WHERE ended_at IS NULL").length;
}

async function untilStep({ platform }: World, step: string): Promise<void> {
  const sql = "SELECT 1 FROM jobs WHERE ended_at IS NULL AND step = ?";
  await until(async () => query(platform.home, sql, step).length > 0, `a job is at ${step}`);
}

/** The service of an app's only instance. */
async function serviceOf({ platform }: World, app: string): Promise<string> {
  const sql = `SELECT i.id FROM instances i JOIN branches b ON b.id = i.branch_id
    JOIN apps a ON a.id = b.app_id WHERE a.name = ?`;
  const [row] = query<{ id: number }>(platform.home, sql, app);
  assert.ok(row, `${app} has an instance`);
  return `i${row.id}`;
}

/** Processes of whoever pushes, which are outside the home. */
function clientsWith({ platform }: World, words: string) {
  return processesWith(platform.folder, words).filter(({ argv }) => argv.startsWith("ssh "));
}

/** One supervisor, one of each of Berth's own programs. */
function assertSingle({ platform }: World): void {
  for (const words of ["s6-svscan -c", "nginx: master", "sshd -D", "dist/bin/berthd.js"]) {
    const found = processesWith(platform.home, words).map(({ argv }) => argv);
    const mine = found.filter((argv) => !argv.startsWith("bwrap"));
    assert.equal(mine.length, 1, `${words}: ${mine.join("\n")}`);
  }
}
