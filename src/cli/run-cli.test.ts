import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "#api/client.ts";
import { platformStatus } from "#api/platform.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Job } from "#domain/job.ts";
import { doneJob } from "../../test/fake-nouns.ts";
import { madeShop } from "../../test/factories.ts";
import { hostileTexts, isHarmless } from "../../test/hostile-text.ts";
import { startWorld } from "../../test/cli-world.ts";

test("topic:verb and topic verb are the same command", async (t) => {
  const { berth, engine } = await startWorld(t);
  for (const words of [
    "ps:scale web=2 -a shop",
    "ps scale -a shop web=2",
    "-a shop ps scale web=2",
  ]) {
    assert.equal((await berth(words)).code, 0, words);
  }
  assert.deepEqual(
    new Set(engine.calls.filter((call) => call.startsWith("scale"))),
    new Set(['scale shop {"web":2} ann']),
  );
});

test("every command that people bring along from elsewhere is there", async (t) => {
  const { berth } = await startWorld(t);
  const names = `
    apps apps:create apps:info apps:destroy releases releases:info rollback events logs run
    config:set config:unset config:get ps ps:scale ps:restart ps:stop ps:start
    domains:add domains:remove keys:add keys:list keys:remove up down status doctor version
    rebuild restart list cleanup custom_cmds rebuild_authorized_keys`;
  for (const name of names.trim().split(/\s+/))
    assert.equal((await berth(`${name} --help`)).code, 0, name);
});

test("a made app is told where to push to", async (t) => {
  const { berth, engine } = await startWorld(t);
  const result = await berth("apps create blog");
  assert.equal(result.code, 0, result.err);
  assert.match(result.err, /git remote add berth ssh:.*\n {2}git push berth main\n$/);
  assert.deepEqual(engine.calls, ["createApp blog ann"]);
});

test("each kind of failure has its exit code", async (t) => {
  const errors = {
    2: new PlatformError("invalid_input", { field: "a", problem: "b" }),
    3: new PlatformError("app_not_found", { app: "a" }),
    4: new PlatformError("app_exists", { app: "a" }),
    5: new PlatformError("not_permitted", { actor: "a" }),
    6: new PlatformError("stopping"),
    1: new PlatformError("disk_full", { path: "/" }),
  };
  for (const [code, error] of Object.entries(errors)) {
    const { berth } = await startWorld(t, { listApps: () => Promise.reject(error) });
    const result = await berth("apps");
    assert.equal(result.code, Number(code));
    assert.ok(result.err.startsWith(`berth: ${error.message}\n  → `), result.err);
  }
});

test("with --json errors are JSON on stderr", async (t) => {
  const { berth } = await startWorld(t);
  const result = await berth("apps:info nothere --json");
  assert.equal(result.code, 3);
  assert.equal(result.out, "");
  const { error } = JSON.parse(result.err) as { error: { code: string } };
  assert.equal(error.code, "app_not_found");
});

test("an unknown command suggests the nearest", async (t) => {
  const { berth } = await startWorld(t);
  const result = await berth("relaeses -a shop");
  assert.equal(result.code, 2);
  assert.match(result.err, /relaeses is not a command \(did you mean releases\?\)/);
  const verb = await berth("tokens create ci");
  assert.match(verb.err, /tokens:create is not a command \(did you mean tokens:add\?\)/);
});

test("unknown options and missing words are refused by name", async (t) => {
  const { berth, engine } = await startWorld(t);
  assert.match((await berth("logs --tial -a shop")).err, /--tial/);
  assert.match((await berth("apps:create")).err, /missing required argument 'name'/);
  assert.equal(
    (await berth("apps:create a b")).err,
    "berth: apps:create was not understood: too many arguments: expected 1 argument but got 2.\n" +
      "  → Type berth apps:create <name>; berth help apps:create says more.\n",
  );
  assert.deepEqual(engine.calls, []);
});

test("a command without an app says how to name one", async (t) => {
  const { berth } = await startWorld(t);
  const result = await berth("releases");
  assert.equal(result.code, 2);
  assert.match(result.err, /-a APP/);
});

test("the app may be the first word, as Dokku has it", async (t) => {
  const { berth } = await startWorld(t);
  assert.match((await berth("releases shop")).out, /^RELEASE {2}STATUS.*\nv5 {7}current/);
});

test("a Berth that is not running is said with its home", async (t) => {
  const { berth, home } = await startWorld(t);
  const elsewhere = join(home, "elsewhere");
  const result = await berth(`apps --home ${elsewhere}`);
  assert.equal(result.code, 6);
  assert.ok(result.err.includes(`not running in ${elsewhere}`));
});

test("whoever may not speak to a Berth is told so, and as whom to type", async () => {
  const refuse = () => Promise.reject(Object.assign(new Error("refused"), { code: "EACCES" }));
  const client = createClient(refuse, "/srv/berth");
  const message = "Your account may not speak to the Berth in /srv/berth.";
  const closed = {
    code: "home_closed",
    kind: "denied",
    message,
    hint: /with sudo, or as the user/,
  };
  await assert.rejects(client(platformStatus, {}), closed);
});

test("over SSH there are no files, no homes and no lifecycle", async (t) => {
  const { berth, engine } = await startWorld(t);
  const remote = { local: false, lifecycle: null };
  assert.equal((await berth("keys:add laptop /etc/passwd", remote)).code, 2);
  assert.equal((await berth("apps --home /tmp", remote)).code, 2);
  for (const words of ["up", "down", "start", "doctor"]) {
    assert.equal((await berth(words, remote)).code, 5, words);
  }
  assert.ok(!(await berth("help", remote)).out.includes("doctor"));
  assert.deepEqual(engine.calls, []);
  assert.equal((await berth("apps", remote)).code, 0);
});

test("the lifecycle is carried out by whoever was given in", async (t) => {
  const { berth, home } = await startWorld(t);
  const seen: unknown[] = [];
  const lifecycle = {
    start: async () => 0,
    up: async (given: string, options: object) => (seen.push(given, options), 3),
    down: async () => 0,
    doctor: async () => 0,
    install: async () => 0,
    uninstall: async (given: string, options: object) => (seen.push(given, options), 4),
    backup: async (given: string, wanted: object) => (seen.push(given, wanted), 5),
    restore: async (given: string, file: string) => (seen.push(given, file), 6),
  };
  assert.equal((await berth("up --detach", { lifecycle })).code, 3);
  assert.deepEqual(seen, [home, { detach: true }]);
  seen.length = 0;
  assert.equal((await berth("uninstall --confirm --keep-home", { lifecycle })).code, 4);
  assert.deepEqual(seen, [home, { confirmed: true, keepsHome: true }]);
  seen.length = 0;
  assert.equal((await berth("backup /b/x.tar --with-key", { lifecycle })).code, 5);
  assert.equal((await berth("restore /b/x.tar", { lifecycle })).code, 6);
  assert.deepEqual(seen, [home, { file: "/b/x.tar", withKey: true }, home, "/b/x.tar"]);
});

test("pyPaaS's verbs take the repository and the branch; of its commands the first that fails is the last", async (t) => {
  const { berth, engine } = await startWorld(t);
  await berth("rebuild shop main");
  await berth("rebuild");
  await berth("restart shop main");
  await berth("rebuild_authorized_keys");
  await berth("custom_cmds shop main migrate seed");
  const calls = engine.calls.filter((call) => !call.startsWith("followJob"));
  assert.deepEqual(calls, [
    "rebuild shop@main",
    "rebuild null",
    "restart shop@main null ann",
    'customCommands shop@main ["migrate","seed"]',
    "createRun shop@main migrate ann",
  ]);
});

test("nothing to show is said in a sentence that helps, on stderr", async (t) => {
  const { berth } = await startWorld(t, { listApps: async () => [] });
  assert.deepEqual(await berth("apps"), {
    code: 0,
    out: "",
    err: "No apps yet. Make one: berth apps:create shop\n",
  });
  assert.equal((await berth("apps --json")).out, "[]\n");
});

test("nothing that somebody else wrote reaches a terminal, from any command, on the machine and over SSH", async (t) => {
  const place = { text: "" };
  const { engine, berth } = await startWorld(t, {
    listJobs: async () => [jobOf(place.text)],
    job: async () => jobOf(place.text),
    listEvents: async () => [{ ...madeShop, message: place.text, target: place.text }],
    async *logs() {
      yield { at: "12:00", source: "web.1", text: place.text };
    },
    listKeys: async () => {
      throw new PlatformError("build_failed", { step: place.text, problem: place.text });
    },
  });
  engine.outputs.set(12, {
    async *[Symbol.asyncIterator]() {
      yield { offset: 1, text: `${place.text}\n` };
    },
  });
  const commands = ["jobs", "jobs:info 12", "jobs:follow 12", "events", "logs -a shop", "keys"];
  for (const text of hostileTexts) {
    place.text = text;
    for (const command of commands.flatMap((it) => [it, `${it} --json`])) {
      for (const more of [
        { tty: true, colour: false },
        { tty: false, local: false },
      ]) {
        const { out, err } = await berth(command, more);
        assert.ok(isHarmless(out) && isHarmless(err), `${command} ${text.slice(0, 40)}`);
        assert.ok(out + err !== "", command);
      }
    }
  }
});

test("what was said in several lines stays so in a job, and takes one line of a list", async (t) => {
  const text = "it exited with code 1; its last lines:\n    closed today";
  const { berth, engine } = await startWorld(t, {
    job: async () => jobOf(text),
    listEvents: async (query) => (
      engine.calls.push(JSON.stringify(query.since)),
      [{ ...madeShop, message: text }]
    ),
  });
  assert.ok((await berth("jobs:info 12")).out.includes(`\n${text}\n`));
  const events = await berth("events --since 6h");
  assert.match(events.out, /app\.created +it exited with code 1; its last lines: …\n$/);
  assert.match(engine.calls.join(), /"20\d\d-\S+Z"/, "so far back, as a moment");
});

function jobOf(text: string): Job {
  const error = {
    code: "build_failed",
    kind: "failed",
    message: text,
    hint: text,
    fields: [],
  } as const;
  const [step] = doneJob.steps;
  const steps = step ? [{ ...step, title: text }] : [];
  return { ...doneJob, actor: text, target: text, steps, error, input: { description: text } };
}
