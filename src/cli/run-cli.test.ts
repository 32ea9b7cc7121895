import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import { PlatformError } from "#domain/errors.ts";
import { revealVars, type ConfigVars } from "#domain/config-var.ts";
import { Secret } from "#domain/secret.ts";
import { sessionFrames } from "#domain/runner.ts";
import type { Engine } from "#engine/engine.ts";
import { bareEnv, ended, start } from "#lib/exec.ts";
import { encodeFrame } from "#lib/frames.ts";
import { removeTree } from "#lib/files.ts";
import { createHttpServer } from "#server/http/server.ts";
import { createFakeEngine, doneJob, type FakeEngine } from "../../test/fake-engine.ts";
import { temporaryFolder, tools } from "../../test/machine.ts";
import { apiSocketOf, runCli, type CliOptions } from "./run-cli.ts";

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

test("logs are filtered as asked; a request is sought in what router and app say", async (t) => {
  const { berth, engine } = await startWorld(t);
  await berth("logs -a shop --grep Time --source router,build -n 5 -p web.1");
  await berth("logs -a shop --request 0123456789abcdef");
  const calls = engine.calls.filter((call) => call.startsWith("logs"));
  const all = { process: null, grep: null, request: null, since: null, follow: false };
  assert.deepEqual(
    calls.map((call) => JSON.parse(call.slice("logs shop ".length)) as unknown),
    [
      { ...all, origins: ["router", "build"], process: "web.1", grep: "Time", lines: 5 },
      { ...all, origins: ["app", "router"], request: "0123456789abcdef", lines: 100 },
    ],
  );
  assert.match((await berth("logs -a shop --source colour")).err, /source is not valid/);
  assert.match((await berth("logs -a shop --since soon")).err, /as in 30m/);
});

test("limits are shown, set and taken back, for all, for one type and for builds", async (t) => {
  const { berth, engine } = await startWorld(t);
  const shown = await berth("limits -a shop");
  assert.match(
    shown.out,
    /^FOR +MEMORY +CPU +PIDS +FILES +DISK +CHOSEN +IN USE\nweb +512M +1 +256 +8192 +256M +memory +31M, 0\.50 cores\n$/,
  );
  assert.equal((await berth("limits:set memory=1G cpu=0.5 --type web -a shop")).code, 0);
  assert.equal((await berth("limits:unset pids --build -a shop")).code, 0);
  assert.deepEqual(
    engine.calls.filter((call) => call.startsWith("setLimits")),
    [
      'setLimits shop {"scope":{"kind":"type","processType":"web"},"limits":{"memoryBytes":1073741824,"cpuCores":0.5}} ann',
      'setLimits shop {"scope":{"kind":"build"},"limits":{"pids":null}} ann',
    ],
  );
  for (const words of ["memory=lots", "ram=1G", "pids"]) {
    const wrong = await berth(`limits:set ${words} -a shop`);
    assert.equal(wrong.code, 2, words);
    assert.match(wrong.err, /is not a limit/);
  }
  assert.equal((await berth("limits:set pids=9 --type web --build -a shop")).code, 2);
});

test("drains are added with a certificate, listed with how they go, and removed", async (t) => {
  const { berth, engine, home } = await startWorld(t);
  await writeFile(join(home, "ca.pem"), "PEM");
  const added = await berth(`drains:add https://logs.test/x -a shop --ca ${join(home, "ca.pem")}`);
  assert.match(
    added.out,
    /^The logs of shop are sent to syslog\+tls:\/\/logs\.test:6514 from now on\.$/m,
  );
  assert.ok(
    engine.calls.includes('addDrain {"target":"shop","url":"https://logs.test/x","ca":"PEM"} ann'),
  );
  assert.match(
    (await berth("drains -a shop")).out,
    /^2 +syslog\+tls:\S+ +2026-\S+ \S+ +40 +1\.2 kB +0 B +-$/m,
  );
  assert.equal((await berth("drains:remove 2 -a shop")).code, 0);
  assert.ok(engine.calls.includes("removeDrain shop 2 ann"));
  assert.match((await berth("drains:add https://a.test -a shop --ca /none")).err, /cannot be read/);
});

test("notifications are added by what the address is, tried and removed", async (t) => {
  const { berth, engine } = await startWorld(t);
  const added = await berth("notifications:add https://a.test/token -a shop");
  assert.equal(added.out, "https://a.test/… is told of deploy.failed.\nwhsec_c2VjcmV0\n");
  assert.match(added.err, /shown only now[^]*berth notifications:test 3 -a shop/);
  await berth("notifications:add https://a.test/token --chat");
  await berth("notifications:add ops@example.com --team main --events disk.low,deploy.failed");
  const token = "https://a.test/token";
  const mail = { kind: "mail", address: "ops@example.com" };
  const asked = engine.calls.filter((call) => call.startsWith("addNotification"));
  assert.deepEqual(
    asked.map((call) => JSON.parse(call.replace(/^addNotification | ann$/g, "")) as unknown),
    [
      { kind: "webhook", address: token, target: "shop", team: null, events: null },
      { kind: "chat", address: token, target: null, team: null, events: null },
      { ...mail, target: null, team: "main", events: ["disk.low", "deploy.failed"] },
    ],
  );
  assert.match(
    (await berth("notifications -a shop")).out,
    /^3 +webhook +https:\/\/a\.test\/… +never +2/m,
  );
  assert.equal((await berth("notifications:test 3 -a shop")).code, 0);
  const failed = await berth("notifications:test 4 -a shop");
  assert.match(failed.err, /did not take the message: it answered 500/);
  assert.equal((await berth("notifications:remove 3 -a shop")).code, 0);
  assert.ok(engine.calls.includes("removeNotification shop 3 ann"));
  const wrong = await berth("notifications:add ops@example.com --events rain");
  assert.match(wrong.err, /there is no event rain/);
  const both = await berth("notifications -a shop --team main");
  assert.match(both.err, /name an app or a team, not both/);
});

test("metrics are shown as numbers and plots; a wrong name or time is refused", async (t) => {
  const { berth, engine } = await startWorld(t);
  const shown = await berth("metrics -a shop --since 6h");
  assert.match(shown.out, /^requests +web +1\/s +2\/s +▁█▅$/m);
  assert.ok(!shown.out.includes("bytes"), "only the usual ones");
  assert.match((await berth("metrics -a shop --all")).out, /^bytes +web +1 B\/s +9 B\/s/m);
  assert.ok(engine.calls.includes("metrics shop null"));
  assert.match((await berth("metrics:overview")).out, /^shop +7 +1 +0\.50 +2 MB +▇?▆?█?/m);
  assert.equal((await berth("metrics:host")).code, 0);
  const wrong = await berth("metrics -a shop --names requests,colour");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /there is no metric colour; there are requests/);
  assert.match((await berth("metrics -a shop --since soon")).err, /as in 30m/);
});

test("data goes to stdout, a job's output to stderr", async (t) => {
  const { berth } = await startWorld(t);
  const result = await berth("rollback v3 -a shop");
  assert.equal(result.code, 0);
  assert.equal(result.out, "shop: deploy done in 1.3 s (job 12).\n");
  assert.equal(result.err, "building\n");
});

test("--json prints the ended job", async (t) => {
  const { berth, engine } = await startWorld(t);
  const result = await berth("config:set A=1 B=a=b -a shop --json");
  const job = JSON.parse(result.out) as { id: number; status: string };
  assert.deepEqual([job.id, job.status], [12, "done"]);
  assert.equal(engine.calls[0], 'setConfigVars shop {"A":"1","B":"a=b"} ann');
});

test("a change that needs no work says so", async (t) => {
  const { berth } = await startWorld(t);
  const result = await berth("config:unset SAME -a shop");
  assert.deepEqual(result, { code: 0, out: "", err: "Nothing had to change.\n" });
});

test("a failed job gives its error and exit code", async (t) => {
  const error = { code: "unhealthy", message: "web.1 of shop did not answer.", hint: "Look." };
  const { berth } = await startWorld(t, {
    job: async () => ({ ...doneJob, status: "failed", error }),
  });
  const result = await berth("ps:start -a shop");
  assert.deepEqual(result, {
    code: 1,
    out: "",
    err: "building\nberth: web.1 of shop did not answer.\n  → Look.\n",
  });
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
});

test("unknown options and missing words are refused by name", async (t) => {
  const { berth, engine } = await startWorld(t);
  assert.match((await berth("logs --tial -a shop")).err, /--tial/);
  assert.match((await berth("apps:create")).err, /missing required argument 'name'/);
  assert.match((await berth("apps:create a b")).err, /too many arguments/);
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

test("hostile text in a log cannot reach the terminal", async (t) => {
  const { berth } = await startWorld(t);
  const plain = "12:00 web.1 | red alert  \\u202egnp\n";
  assert.equal((await berth("logs -a shop")).out, plain);
  const coloured = await berth("logs -a shop", { tty: true });
  const red = "red \u001b[31malert\u001b[0m";
  assert.equal(coloured.out, `12:00 web.1 | ${red}  \\u202egnp\u001b[0m\n`);
});

test("logs pass on what was asked for", async (t) => {
  const { berth, engine } = await startWorld(t);
  assert.equal((await berth("logs -a shop -n 5 -p web.1 --json")).code, 0);
  assert.deepEqual(engine.calls, [
    'logs shop {"origins":["app"],"process":"web.1","grep":null,"request":null,"since":null,"lines":5,"follow":false}',
  ]);
  assert.equal((await berth("logs -a shop -n many")).code, 2);
});

test("a reader that goes away ends a follower without a failure", async (t) => {
  const { berth, engine } = await startWorld(t);
  const stdout = new PassThrough();
  const following = berth("logs -a shop --tail", { stdout });
  stdout.once("data", () => stdout.destroy(new Error("EPIPE")));
  assert.equal((await following).code, 0);
  while (engine.followers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("a key comes from a file, or from standard input", async (t) => {
  const { berth, engine, home } = await startWorld(t);
  const file = join(home, "id.pub");
  await writeFile(file, "ssh-ed25519 AAAA ann\n");
  assert.equal((await berth(`keys:add laptop ${file}`)).code, 0);
  assert.equal(
    (await berth("keys:add laptop -", { stdin: Readable.from(["ssh-rsa BBBB"]) })).code,
    0,
  );
  assert.deepEqual(engine.calls, [
    "addKey laptop ssh-ed25519 AAAA ann ann",
    "addKey laptop ssh-rsa BBBB ann",
  ]);
});

test("who has no key yet is told how to make one", async (t) => {
  const { berth, home } = await startWorld(t);
  const result = await berth(`keys:add laptop ${join(home, "id.pub")}`);
  assert.equal(result.code, 2);
  assert.match(result.err, /there is no such file; ssh-keygen -t ed25519 makes a key/);
});

test("a private key is not sent anywhere", async (t) => {
  const { berth, engine, home } = await startWorld(t);
  const file = join(home, "id");
  await writeFile(file, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
  const result = await berth(`keys:add laptop ${file}`);
  assert.equal(result.code, 2);
  assert.match(result.err, /private key/);
  assert.deepEqual(engine.calls, []);
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
  };
  assert.equal((await berth("up --detach", { lifecycle })).code, 3);
  assert.deepEqual(seen, [home, { detach: true }]);
  seen.length = 0;
  assert.equal((await berth("uninstall --confirm --keep-home", { lifecycle })).code, 4);
  assert.deepEqual(seen, [home, { confirmed: true, keepsHome: true }]);
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

test("config:get prints the value alone; a missing one is an error", async (t) => {
  const { berth } = await startWorld(t);
  assert.equal((await berth("config:get GREETING -a shop")).out, "hello\n");
  const missing = await berth("config:get constructor -a shop");
  assert.equal(missing.code, 3);
});

test("a secret is shown only to who asks for it to be revealed", async (t) => {
  const { berth, engine } = await startWorld(t);
  const listed = await berth("config -a shop");
  assert.equal(listed.out, "NAME      VALUE\nGREETING  hello\nSECRET    [secret]\n");
  assert.doesNotMatch((await berth("config -a shop --json")).out, /s3cret/);
  const hidden = await berth("config:get SECRET -a shop");
  assert.equal(hidden.code, 4);
  assert.match(hidden.err, /SECRET of shop is a secret\.\n.*config:get SECRET --reveal -a shop/);
  assert.equal(engine.calls.length, 0);
  assert.equal((await berth("config:get SECRET --reveal -a shop")).out, "s3cret\n");
  assert.match((await berth("config --reveal -a shop")).out, /SECRET {4}s3cret/);
  assert.equal(engine.calls.filter((call) => call.startsWith("revealConfigVars shop")).length, 2);
});

test("a secret's value is read from the input, so that no list of processes shows it", async (t) => {
  let given = {};
  const { home } = await startWorld(t, {
    setConfigVars: async (_target, changes) => {
      const secrets = Object.entries(changes).filter(([, value]) => value instanceof Secret);
      given = revealVars(Object.fromEntries(secrets) as ConfigVars);
      return null;
    },
  });
  const argv = ["config:set", "--secret", "KEY", "OTHER=a=b", "-a", "shop"];
  await runProgram(home, argv, "line one\nline two\n");
  assert.deepEqual(given, { KEY: "line one\nline two", OTHER: "a=b" });
  const two = await runProgram(home, ["config:set", "--secret", "A", "B", "-a", "shop"], "x");
  assert.equal(two.code, 2);
  assert.match(two.err, /only one value can be read from the input/);
});

test("run gives its input to the command, the command's output back, and its exit code", async (t) => {
  const { berth, engine } = await startWorld(t);
  const stdin = Readable.from(["typed\n", "more\n"]);
  const result = await berth("run -a shop -- ls -l", { stdin });
  assert.deepEqual(result, { code: 7, out: "typed\nmore\n", err: "" });
  assert.equal(engine.calls[0], "createRun shop ls -l ann");
});

test("a program that a signal ended counts as 128 and the signal", async (t) => {
  const outcome = { code: null, signal: "SIGTERM", timedOut: false };
  const end = encodeFrame(sessionFrames.result, JSON.stringify({ value: outcome }));
  const session = { bytes: Readable.from([end]), write: async () => {}, close: () => {} };
  const { berth } = await startWorld(t, { openRun: () => session });
  assert.equal((await berth("run -a shop x")).code, 143);
});

test("a command whose helper is lost half-way is no success", async (t) => {
  const cut = { bytes: Readable.from([]), write: async () => {}, close: () => {} };
  const { berth } = await startWorld(t, { openRun: () => cut });
  const result = await berth("run -a shop x");
  assert.equal(result.code, 1);
  assert.match(result.err, /was restarted while the command ran/);
});

type Result = { readonly code: number; readonly out: string; readonly err: string };

/** The CLI as a program of its own, since what it starts has the program's own terminal. */
async function runProgram(
  home: string,
  words: readonly string[],
  input: string | null = null,
): Promise<Result> {
  const cli = join(import.meta.dirname, "..", "bin", "cli.ts");
  const child = start([tools.node, cli, "--home", home, ...words], {
    stdio: [input === null ? "ignore" : "pipe", "pipe", "pipe"],
    env: bareEnv,
  });
  child.stdin?.end(input);
  const texts = { out: "", err: "" };
  child.stdout?.on("data", (chunk) => (texts.out += String(chunk)));
  child.stderr?.on("data", (chunk) => (texts.err += String(chunk)));
  const { code } = await ended(child);
  return { code: code ?? -1, ...texts };
}

type World = {
  readonly engine: FakeEngine;
  readonly home: string;
  readonly berth: (words: string, more?: Partial<CliOptions>) => Promise<Result>;
};

async function startWorld(t: TestContext, overrides: Partial<Engine> = {}): Promise<World> {
  const engine = createFakeEngine(overrides);
  const folder = await temporaryFolder();
  t.after(() => removeTree(folder.path));
  const home = folder.path;
  await mkdir(join(home, "run"));
  const server = createHttpServer({
    engine,
    version: "1",
    tokenOk: () => false,
    log: { error: ({ err }: { err?: unknown }) => assert.fail(String(err)) },
  });
  t.after(() => server[Symbol.asyncDispose]());
  await server.listenSocket(apiSocketOf(home));
  const berth = async (words: string, more: Partial<CliOptions> = {}): Promise<Result> => {
    const texts = { out: "", err: "" };
    const stdout = new PassThrough().on("data", (chunk) => (texts.out += String(chunk)));
    const stderr = new PassThrough().on("data", (chunk) => (texts.err += String(chunk)));
    const code = await runCli({
      argv: words.split(" "),
      home,
      actor: "ann",
      colour: true,
      stdin: Readable.from([]),
      stdout,
      stderr,
      tty: false,
      terminal: "dumb",
      directory: home,
      local: true,
      lifecycle: null,
      version: "1.2.3",
      ...more,
    });
    return { code, ...texts };
  };
  return { engine, home, berth };
}
