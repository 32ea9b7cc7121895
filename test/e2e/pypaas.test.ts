import assert from "node:assert/strict";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { commit, startPlatform, until, type Platform } from "../platform.ts";
import { runProgram, type Ran } from "../programs.ts";
import { askSteadily } from "../requests.ts";

const domain = "node-js-sample.example.com";
const fixture = join(import.meta.dirname, "../fixtures/pypaas");

let platform: Platform;
let tree: string;
before(async () => {
  platform = await startPlatform();
  tree = await platform.tree(sampleApp("one"));
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test("pyPaaS's configuration is in force a moment after it was copied, as it stands", async () => {
  await cp(fixture, join(platform.home, "config"), { recursive: true });
  const isKnown = async () => (await platform.visit(domain)).body.includes("Not deployed yet");
  await until(isKnown, "the domain is known", 3000);
  const { problems } = await status();
  assert.deepEqual(
    problems.filter(({ severity }) => severity === "error"),
    [],
  );
});

test("its example deploys: four processes behind the domain, files, and a worker that just ends", async () => {
  const pushed = await pushAs("deploy", "node-js-sample.git", "main:master");
  assert.equal(pushed.code, 0, pushed.stderr);
  assertInOrder(pushed.stderr, [
    "Hook before_build",
    "Nothing is build",
    "Hook after_build",
    "All builders are done",
    "Stopping the old release|Hook maintenance",
    "do backup",
    "run migrations",
    "is live",
  ]);
  const pids = new Set<string>();
  for (let count = 0; count < 40; count += 1) pids.add((await platform.visit(domain)).body);
  assert.equal(pids.size, 4, [...pids].join());
  assert.ok([...pids].every((body) => body.startsWith("one production ")));
});

test("files come from the subdirectory, whatever the app would answer", async () => {
  const file = await platform.visit(domain, "/public/node.svg");
  assert.equal(file.status, 200);
  assert.equal(file.body, "<svg/>");
  assert.equal(file.headers["content-type"], "image/svg+xml");
  assert.equal((await platform.visit(domain, "/public/../index.js")).body.slice(0, 4), "one ");
  for (const path of ["/public/missing", "/public/..%2findex.js", "/public../index.js"]) {
    const answer = await platform.visit(domain, path);
    assert.ok(answer.status === 404 || answer.body.startsWith("one "), `${path} ${answer.status}`);
  }
});

test("a second push goes through the maintenance hooks and loses no request", async () => {
  await using load = askSteadily({ port: platform.ports.direct, host: domain, everyMs: 10 });
  await commit(tree, sampleApp("two"));
  const pushed = await pushAs("berth", "node-js-sample", "main:master");
  const { counts } = await load.stop();
  assert.equal(pushed.code, 0, pushed.stderr);
  assertInOrder(pushed.stderr, ["Stopping the old release", "do backup", "run migrations"]);
  assert.ok(
    [...counts.keys()].every((it) => /^200 (?:one|two) /.test(it)),
    text(counts),
  );
  assert.match((await platform.visit(domain)).body, /^two production /);
});

test("the verbs take pyPaaS's words, over SSH and here", async () => {
  const listed = await deploySsh("custom_cmds", "node-js-sample", "master", "npm_list");
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^node-js-sample@0\.2\.0 \/app/);
  const wrong = await deploySsh("custom_cmds", "node-js-sample", "master", "nonsense");
  assert.match(wrong.stderr, /has no custom command nonsense. It has: npm_list/);
  const all = await deploySsh("list");
  assert.match(all.stdout, /node-js-sample +master +running/);
  const there = await deploySsh("restart", "node-js-sample", "master");
  assert.equal(there.code, 0, there.stderr + there.stdout);
  const here = await platform.berth("rebuild", "node-js-sample", "master");
  assert.equal(here.code, 0, here.stderr + here.stdout);
  for (const argv of [
    ["rebuild"],
    ["restart"],
    ["cleanup"],
    ["rebuild_authorized_keys"],
  ] as const) {
    const ran = await deploySsh(...argv);
    assert.equal(ran.code, 0, argv.join(" ") + ran.stderr + ran.stdout);
  }
  assert.match((await platform.visit(domain)).body, /^two production /);
});

test("another branch is refused with those that can be pushed, and so is an unknown repository", async () => {
  const refused = await pushAs("deploy", "node-js-sample", "main:develop");
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /node-js-sample has no branch develop. It deploys: master\./);
  const unknown = await pushAs("deploy", "nothing-here", "main:master");
  assert.match(unknown.stderr, /nothing-here/);
});

test("a key file lets its key in at once, and its removal locks it out at once", async () => {
  const key = join(platform.folder, "guest");
  await runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "g", "-f", key]);
  const options = ["IdentitiesOnly=yes", "BatchMode=yes", "StrictHostKeyChecking=no"];
  const ssh = ["ssh", "-i", key, ...options.flatMap((it) => ["-o", it])] as const;
  const hosts = ["-o", `UserKnownHostsFile=${key}.hosts`];
  const where = ["-p", String(platform.ports.ssh), "deploy@127.0.0.1", "list"];
  const asGuest = () => runProgram([...ssh, ...hosts, ...where]);
  assert.equal((await asGuest()).code, 255);
  for (const folder of ["config/authorized_keys.d", ".ssh/authorized_keys.d"]) {
    await mkdir(join(platform.home, folder), { recursive: true });
    const file = join(platform.home, folder, "guest.pub");
    await cp(`${key}.pub`, file);
    await until(async () => (await asGuest()).code === 0, `${folder} lets it in`, 5000);
    const managed = await platform.berth("keys:remove", "guest");
    assert.match(managed.stderr, /authorized_keys\.d\/guest\.pub/);
    await rm(file);
    await until(async () => (await asGuest()).code === 255, `${folder} locks it out`, 5000);
  }
});

test("what no file names any more runs on until cleanup removes it", async () => {
  const config = join(platform.home, "config");
  await rm(join(config, "domains", `${domain}.yml`));
  await rm(join(config, "repo/node-js-sample.yml"));
  await until(async () => (await platform.visit(domain)).status === 404, "the domain is gone");
  assert.match((await platform.visit("node-js-sample.localhost")).body, /^two production /);
  const cleaned = await deploySsh("cleanup");
  assert.match(cleaned.stderr, /node-js-sample and everything of it were removed/);
  assert.equal((await platform.visit("node-js-sample.localhost")).status, 404);
});

async function status(): Promise<{
  problems: { severity: string; file: string; line: number; key: string; fix: string }[];
}> {
  return JSON.parse((await platform.berth("status", "--json")).stdout);
}

function pushAs(user: string, path: string, ref: string): Promise<Ran> {
  const remote = `ssh://${user}@127.0.0.1:${platform.ports.ssh}/${path}`;
  const env = { GIT_SSH: platform.ssh, GIT_SSH_VARIANT: "ssh" };
  return runProgram(["git", "-C", tree, "push", remote, ref], { env });
}

function deploySsh(...words: string[]): Promise<Ran> {
  return runProgram([platform.ssh, "-p", String(platform.ports.ssh), "deploy@127.0.0.1", ...words]);
}

/** Like the sample that pyPaaS's README deploys, which says who answers. */
function sampleApp(word: string): Record<string, string> {
  const manifest = {
    name: "node-js-sample",
    version: "0.2.0",
    main: "index.js",
    scripts: { start: "node index.js" },
  };
  const answer = `${word} \${process.env.NODE_ENV} \${process.env.PORT}`;
  return {
    "package.json": JSON.stringify(manifest),
    "index.js": `require("node:http").createServer((q, s) => s.end(\`${answer}\`)).listen(process.env.PORT);\n`,
    "public/node.svg": "<svg/>",
  };
}

function assertInOrder(said: string, patterns: readonly string[]): void {
  let rest = said;
  for (const pattern of patterns) {
    const at = rest.search(new RegExp(pattern));
    assert.ok(at >= 0, `${pattern} in\n${said}`);
    rest = rest.slice(at);
  }
}

function text(counts: ReadonlyMap<string, number>): string {
  return JSON.stringify([...counts]);
}
