import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { revealVars, type ConfigVars } from "#domain/config-var.ts";
import { Secret } from "#domain/secret.ts";
import { runProgram, startWorld } from "../../test/cli-world.ts";

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
  const note = /^web: memory=512M is more than there is: an app has at most/m;
  assert.match(shown.err, note);
  const set = await berth("limits:set memory=1G cpu=0.5 --type web -a shop");
  assert.equal(set.code, 0);
  assert.match(set.err, note);
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
  const other = "--address https://b.test --events disk.low";
  const set = await berth(`notifications:set 3 ${other} -a shop`);
  assert.equal(set.out, "https://a.test/… is told of deploy.failed.\n");
  const change = '{"address":"https://b.test","events":["disk.low"],"id":3}';
  assert.ok(engine.calls.includes(`setNotification shop ${change} ann`));
  assert.match(
    (await berth("notifications:set 3 -a shop")).err,
    /say what to change: address or events/,
  );
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

test("hostile text in a log cannot reach the terminal", async (t) => {
  const { berth } = await startWorld(t);
  const plain = "12:00 web.1 | red alert  \\u202egnp\n";
  assert.equal((await berth("logs -a shop")).out, plain);
  const coloured = await berth("logs -a shop", { tty: true });
  const red = "red \u001b[31malert\u001b[0m";
  assert.equal(coloured.out, `12:00 web.1 | ${red}  \\u202egnp\u001b[0m\n`);
  const colourless = await berth("logs -a shop", { tty: true, colour: false });
  assert.equal(colourless.out, plain, "as NO_COLOR asks for");
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
  const none = await runProgram(home, ["config:set", "--secret", "A", "-a", "shop"], "\n");
  assert.equal(none.code, 2);
  assert.match(none.err, /A is not valid: no value was given; write A= for one that is empty/);
});
