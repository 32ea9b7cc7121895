import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, readlink, rename, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Operation } from "#api/operation.ts";
import { operations } from "#api/operations.ts";
import { exists } from "#lib/files.ts";
import { createTransport } from "#lib/http.ts";
import { commit, startPlatform, until, type Platform } from "../platform.ts";
import { runProgram, type Ran } from "../programs.ts";
import { kill, pidOf } from "../processes.ts";

/** What must be found nowhere but in the environment of the app that it is of. */
const marker = `marker-${randomBytes(12).toString("hex")}`;

let platform: Platform;
/** Every word that Berth answered with: to commands, pushes and requests. */
const said: string[] = [];
/** Command lines that were seen with the marker in them. */
const seenInArgv = new Set<string>();
const watching = new AbortController();

before(async () => {
  platform = await startPlatform();
  void watchCommandLines();
});
after(async () => {
  watching.abort();
  await platform[Symbol.asyncDispose]();
});

const server = `
const { createHash } = require("node:crypto");
const { createServer } = require("node:http");
const hash = () => createHash("sha256").update(process.env.PASSWORD ?? "").digest("hex");
createServer((request, response) => {
  if (request.url === "/crash") process.exit(3);
  response.end(hash());
}).listen(process.env.PORT);
`;
const app = {
  "server.js": server,
  Procfile: "web: node server.js\nrelease: echo given $PASSWORD\n",
};
const expected = createHash("sha256").update(marker).digest("hex");

test("class 10, secrets: a secret goes through everything that happens to an app, and only the app ever sees it", async () => {
  await note(platform.berth("apps:create", "shop"));
  await setSecret("PASSWORD", marker);
  const tree = await platform.tree(app);
  const pushed = await note(platform.push(tree, "shop"));
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stderr, /given \[secret\]/);
  assert.equal((await platform.visit("shop.localhost")).body, expected);

  // A failed build, a release command that fails, and one that never gets healthy.
  const failing: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ ".build.sh": "#!/bin/sh\necho $PASSWORD\nexit 3\n" }, /The build hook failed/],
    [
      { ".build.sh": "#!/bin/sh\n", Procfile: "web: x\nrelease: false\n" },
      /The release hook failed/,
    ],
    [{ Procfile: "web: exit 7\n" }, /it exited with code 7/],
  ];
  for (const [files, reason] of failing) {
    await commit(tree, files);
    await exec755(tree);
    const failed = await note(platform.push(tree, "shop"));
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, reason);
  }

  // What is refused is not repeated.
  const refusals = [
    { "1A": { secret: marker } },
    { PORT: { secret: marker } },
    { NUL: { secret: `${marker}\0` } },
    { LONG: { secret: marker.repeat(2000) } },
    { LIST: { secret: [marker] } },
    { OTHER: { secrets: marker } },
    { NUMBER: { value: marker } },
  ];
  for (const body of refusals) {
    const answer = await request("PATCH", "/apps/shop/config", body);
    assert.ok(answer.status >= 400 && answer.status < 500, JSON.stringify(Object.keys(body)));
  }

  // A crash, a one-off run, other changes, a restart of berthd, a change of keys.
  await platform.visit("shop.localhost", "/crash").catch(() => null);
  await until(isUp, "it runs again after a crash");
  await note(platform.berth("run", "-a", "shop", "--", "true"));
  await note(platform.berth("config:set", "COLOUR=red", "-a", "shop"));
  await note(platform.berth("ps:scale", "web=2", "-a", "shop"));
  await note(platform.berth("rollback", "-a", "shop"));
  await note(platform.berth("ps:restart", "-a", "shop"));
  const rotated = await note(platform.berth("secrets:rotate"));
  assert.equal(rotated.code, 0, rotated.stderr);
  await note(platform.berth("ps:restart", "-a", "shop"));
  await until(isUp, "it runs with what the new key opens");

  for (const command of ["config", "releases", "ps", "events", "jobs", "apps", "status", "logs"]) {
    const target = ["events", "jobs", "apps", "status"].includes(command) ? [] : ["-a", "shop"];
    await note(platform.berth(command, ...target));
    await note(platform.berth(command, "--json", ...target));
    await note(platform.overSsh(command, ...target));
  }
});

test("class 10, secrets: no answer of the API shows a secret, whatever is asked", async () => {
  const answered: string[] = [];
  for (const operation of operations.filter(({ method }) => method === "GET")) {
    const answer = await request("GET", pathOf(operation), null);
    assert.ok(answer.status < 500, `${operation.id}: ${answer.status} ${answer.text}`);
    if (answer.status === 200) answered.push(operation.id);
  }
  for (const id of ["releases.info", "releases.list", "jobs.info", "apps.info", "instances.list"])
    assert.ok(answered.includes(id), `${id} is among ${answered.join(", ")}`);
  const names = (await request("GET", "/apps/shop/config", null)).text;
  assert.match(names, /PASSWORD/, "the secret is there");
});

test("class 10, secrets: no word of Berth, and no command line, had it", () => {
  assert.ok(said.length > 50, `${said.length} answers`);
  assert.deepEqual(
    said.filter((text) => text.includes(marker)).map((text) => text.slice(0, 300)),
    [],
  );
  assert.deepEqual([...seenInArgv], []);
});

test("class 10, secrets: no file has it but what starts the app again, which only its account may read", async () => {
  const found: string[] = [];
  for (const path of await filesIn(platform.home)) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (!bytes.includes(marker)) continue;
    const { mode } = await stat(path);
    assert.equal(mode & 0o077, 0, path);
    found.push(relative(platform.home, path).split("/")[0] ?? "");
  }
  assert.ok(found.length > 0, "an instance that runs can be started again without berthd");
  assert.deepEqual([...new Set(found)], ["run"]);
});

test("class 10, secrets: no process has it in its environment but the app's own, inside its sandbox", async () => {
  const ours = await readlink("/proc/self/ns/pid");
  const holders: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0));
    if (!environment.includes(marker)) continue;
    holders.push(await readlink(`/proc/${pid}/ns/pid`).catch(() => "gone"));
  }
  assert.ok(holders.length > 0, "the app has it");
  assert.ok(!holders.includes(ours), "nobody outside of a sandbox has it");
});

test("class 10, secrets: who may, and says so, sees it; and that is noted", async () => {
  const shown = await platform.berth("config:get", "PASSWORD", "--reveal", "-a", "shop");
  assert.equal(shown.stdout, `${marker}\n`);
  const hidden = await platform.berth("config:get", "PASSWORD", "-a", "shop");
  assert.equal(hidden.code, 4);
  const events = await platform.berth("events", "-a", "shop");
  assert.match(events.stdout, /The value of PASSWORD was shown\./);
});

test("class 11, default secrets: without its key berthd does not start and says why; apps serve on", async () => {
  const { home } = platform;
  const key = join(home, "data/secret.key");
  await rename(key, `${key}.away`);
  kill(await pidOf(home, "berthd"));
  const log = () => readFile(join(home, "logs/berthd/current"), "utf8");
  await until(
    async () => /does not start: .*secret\.key is not there/.test(await log()),
    "the log says what is missing",
  );
  assert.match(await log(), /→ Put it back .*touch .*secret\.key\.lost/);
  assert.ok(await isUp(), "the app serves");
  assert.equal(await exists(key), false, "no other key is made");
  await rename(`${key}.away`, key);
  await until(async () => (await platform.berth("apps")).code === 0, "it starts with its key");
  assert.equal((await platform.berth("ps:restart", "-a", "shop")).code, 0);
  await until(isUp, "and reads its secrets");
});

test("class 11, default secrets: berth up says so too, as soon as it is clear", async () => {
  const key = join(platform.home, "data/secret.key");
  assert.equal((await platform.berth("down")).code, 0);
  await rename(key, `${key}.away`);
  const up = await platform.berth("up", "--detach");
  assert.equal(up.code, 1);
  assert.match(up.stderr, /Starting berthd failed: it ended \d+ times; .*\n[^]*secret\.key is not/);
  await rename(`${key}.away`, key);
  await platform.up();
  await until(isUp, "the app is back with its secrets");
});

async function setSecret(name: string, value: string): Promise<void> {
  const answer = await request("PATCH", "/apps/shop/config", { [name]: { secret: value } });
  assert.equal(answer.status, 200, answer.text);
}

async function isUp(): Promise<boolean> {
  return (await platform.visit("shop.localhost")).body === expected;
}

async function exec755(tree: string): Promise<void> {
  await runProgram(["git", "-C", tree, "update-index", "--chmod=+x", ".build.sh"]);
  const who = ["-c", "user.name=Test", "-c", "user.email=test@localhost"];
  await runProgram(["git", "-C", tree, ...who, "commit", "-q", "--amend", "--no-edit"]);
}

async function note(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  said.push(ran.stdout, ran.stderr);
  return ran;
}

async function request(
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  const socketPath = join(platform.home, "run/berthd.sock");
  const signal = AbortSignal.timeout(method === "GET" ? 2000 : 10_000);
  const answer = await createTransport({ socketPath })({
    method,
    path: `/api/v1${path}`,
    body: body === null ? null : JSON.stringify(body),
    signal,
  });
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of answer.body) chunks.push(chunk);
  } catch (error) {
    // A stream of events has no end; what came of it is what there is.
    if (method !== "GET" || !signal.aborted) throw error;
  }
  const text = Buffer.concat(chunks).toString("utf8");
  said.push(text);
  return { status: answer.status, text };
}

/** The operation's path about the app, its first release and first job. */
function pathOf({ path }: Operation): string {
  const values: Record<string, string> = { app: "shop", target: "shop", job: "2", release: "1" };
  return path.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? "1");
}

async function watchCommandLines(): Promise<void> {
  while (!watching.signal.aborted) {
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (words.includes(marker)) seenInArgv.add(words.slice(0, 200));
    }
    await sleep(10);
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
}
