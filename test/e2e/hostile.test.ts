import assert from "node:assert/strict";
import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { exec } from "#lib/exec.ts";
import { exists, readIfThere } from "#lib/files.ts";
import { commit, startPlatform, webApp, type Platform } from "../platform.ts";
import { git, runProgram } from "../programs.ts";
import { untilTidy } from "../processes.ts";

let platform: Platform;
/** Made by whatever reaches a shell. */
let marker: string;
before(async () => {
  platform = await startPlatform();
  marker = join(platform.folder, "marker");
  await platform.berth("apps:create", "shop");
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

const badNames = {
  "..": /lower-case letters/,
  "../shop": /lower-case letters/,
  "-rf": /lower-case letters/,
  ["a".repeat(64)]: /at most 63 characters/,
  Shop: /lower-case letters/,
  şhop: /lower-case letters/,
  "sh op": /lower-case letters/,
  "shop\nroot": /lower-case letters/,
  "shop\n": /lower-case letters/,
  "sh\0op": /lower-case letters/,
  "": /lower-case letters/,
  'sh"op': /lower-case letters/,
  "$(id)": /lower-case letters/,
  "shop-": /lower-case letters/,
  "sh--op": /lower-case letters/,
};

test("class 3, a check that one door forgot: a hostile app name is refused by every door, and makes nothing", async () => {
  const token = await readFile(join(platform.home, "data/api.token"), "utf8");
  const headers = { authorization: `Bearer ${token.trim()}`, "content-type": "application/json" };
  const url = `http://127.0.0.1:${platform.ports.api}/api/v1/apps`;
  for (const [name, reason] of Object.entries(badNames)) {
    const made = await fetch(url, { method: "POST", headers, body: JSON.stringify({ name }) });
    assert.equal(made.status, 400, JSON.stringify(name));
    assert.match(await made.text(), reason);
    const asked = await fetch(`${url}/${encodeURIComponent(name)}/releases`, { headers });
    assert.ok([400, 404].includes(asked.status), JSON.stringify(name));
  }
  const tree = await platform.tree(webApp("hi"));
  for (const name of ["../shop", "Shop", "$(id)"]) {
    const [cli, ssh, push] = await Promise.all([
      platform.berth("apps:create", "--", name),
      platform.overSsh("apps:create", "--", `'${name}'`),
      platform.push(tree, encodeURIComponent(name)),
    ]);
    for (const door of [cli, ssh, push]) {
      assert.notEqual(door.code, 0);
      assert.match(door.stderr, /lower-case letters/);
    }
  }
  const apps = await platform.berth("apps");
  assert.match(apps.stdout, /^APP .*\nshop .*\n$/);
  assert.deepEqual(await readdir(join(platform.home, "data/repos")), ["1.git"]);
});

test("nothing that is sent over SSH reaches a shell", async () => {
  const commands = [
    `apps; touch ${marker}`,
    `apps && touch ${marker}`,
    `\`touch ${marker}\``,
    `sh -c 'touch ${marker}'`,
    `git-receive-pack '/$(touch ${marker})'`,
    `git-upload-pack '--upload-pack=touch ${marker}'`,
    `git-upload-pack 'shop'; touch ${marker}`,
    `apps | tee ${marker}`,
    `apps > ${marker}`,
    `scp -t ${marker}`,
    `/usr/lib/openssh/sftp-server`,
  ];
  const rans = await Promise.all(commands.map((command) => platform.overSsh(command)));
  for (const [index, ran] of rans.entries()) {
    assert.notEqual(ran.code, 0, commands[index]);
    assert.match(ran.stderr, /^berth: .*\n  → /, commands[index]);
  }
  assert.equal(await exists(marker), false);
});

test("SSH forwards nothing, transfers no files, gives no shell, and knows its keys", async () => {
  const { ssh, ports, folder } = platform;
  const place = ["-p", String(ports.ssh), "berth@127.0.0.1"] as const;
  const remote = ["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22"];
  const api = `127.0.0.1:${ports.api}`;
  const stranger = join(folder, "stranger");
  await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger]);
  const asStranger = ["-o", "IdentitiesOnly=yes", "-i", stranger, "-F", "/dev/null"];
  const hosts = ["-o", "StrictHostKeyChecking=no", "-o", `UserKnownHostsFile=${folder}/hosts`];
  const [back, through, copied, typed, bare, unknown] = await Promise.all([
    runProgram([ssh, ...remote, ...place]),
    runProgram([ssh, "-W", api, ...place]),
    runProgram(["scp", "-S", ssh, "-P", String(ports.ssh), "berth@127.0.0.1:/etc/passwd", marker]),
    runProgram([ssh, "-tt", ...place, `touch ${marker}`]),
    platform.overSsh(),
    runProgram(["ssh", ...asStranger, ...hosts, "-o", "BatchMode=yes", ...place, "apps"]),
  ]);
  for (const ran of [back, through, copied, typed, unknown]) assert.notEqual(ran.code, 0);
  // Without words there is what one may type, and no prompt.
  assert.match(bare.stdout + bare.stderr, /apps:create/);
  assert.match(back.stderr, /forwarding failed/);
  assert.match(through.stderr, /forwarding failed/);
  assert.match(unknown.stderr, /Permission denied \(publickey\)/);
  assert.equal(await exists(marker), false);
});

test("class 6, files that the platform reads: a symbolic link out of the tree is neither read, run nor served", async () => {
  await platform.berth("apps:create", "links");
  const tree = await platform.tree({ "index.html": "a site" });
  const secret = join(platform.home, "data/berth.db");
  const links = {
    state: secret,
    out: "/etc",
    up: "../../..",
    Procfile: "/etc/passwd",
    "package.json": "/etc/passwd",
    ".build.sh": "/usr/bin/false",
  };
  for (const [name, target] of Object.entries(links)) await symlink(target, join(tree, name));
  await commit(tree, {});
  const pushed = await platform.push(tree, "links");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.equal((await platform.visit("links.localhost")).body, "a site");
  for (const path of ["/state", "/out/passwd", "/up/berth.db", "/Procfile", "/out/../out/passwd"]) {
    const answer = await platform.visit("links.localhost", path);
    assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
    assert.doesNotMatch(answer.body, /SQLite|root:/);
  }
});

test("a site whose folder is itself a link out of the tree is not served", async () => {
  await platform.berth("apps:create", "outside");
  const targets = ["/etc", "../../..", "inner/up", "inner/deep/etc"];
  for (const target of targets) {
    const tree = await platform.tree({ "inner/file": "x", Procfile: "static: public\n" });
    await symlink("../../../..", join(tree, "inner/up"));
    await symlink("/", join(tree, "inner/deep"));
    await symlink(target, join(tree, "public"));
    await commit(tree, {});
    await platform.push(tree, "outside", ["+main"]);
    for (const path of ["/passwd", "/berth.db", "/data/berth.db"]) {
      const { status, body } = await platform.visit("outside.localhost", path);
      assert.notEqual(status, 200, `${target}${path}`);
      assert.doesNotMatch(body, /SQLite|root:/);
    }
  }
  const inner = await platform.tree({ "a/index.html": "no", Procfile: "static: b/c\n" });
  await symlink("..", join(inner, "b"));
  await commit(inner, {});
  await platform.push(inner, "outside", ["+main"]);
  assert.notEqual((await platform.visit("outside.localhost", "/berth.db")).status, 200);
});

test("class 17, scripts in output: what a build, a commit or an author says cannot command a terminal", async () => {
  const tree = await platform.tree(webApp("third"));
  const print = String.raw`printf '\033[31mred\033[0m\007 \033]0;title\007caf\303\251 one\rtwo\n'`;
  await commit(tree, { ".build.sh": `#!/bin/sh\n${print}\n` });
  await git(tree, "update-index", "--chmod=+x", ".build.sh");
  const who = ["-c", "user.name=Ev\x1b[31mil", "-c", "user.email=x@localhost"];
  await git(
    tree,
    ...who,
    "commit",
    "-q",
    "--amend",
    "--reset-author",
    "-m",
    "evil \x1b[31m\nlines",
  );
  const pushed = await platform.push(tree, "shop", ["+main"]);
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stderr, /red café one\s+\n?remote: two/);
  const [releases, events] = await Promise.all([
    platform.berth("releases", "-a", "shop"),
    platform.berth("events"),
  ]);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
  for (const { stdout } of [releases, events]) assert.doesNotMatch(stdout, controls);
  assert.doesNotMatch(pushed.stderr.replaceAll("\x1b[K", ""), controls);
});

test("folders that a build locked, and names that are no text, are removed with the rest", async () => {
  const caches = join(platform.home, "data/caches");
  const usual = await readdir(caches);
  await platform.berth("apps:create", "locked");
  const tree = await platform.tree(webApp("locked"));
  const lock = "mkdir -p a/b ro; echo > ro/x; chmod 000 a/b a; chmod 555 ro";
  const cache = "mkdir -p /cache/c; echo > /cache/c/x; chmod 555 /cache/c";
  const odd = "printf x > \"$(printf 'odd\\377\\376name')\"";
  for (const end of [0, 7, 0]) {
    const script = `#!/bin/sh\n${lock}\n${cache}\n${odd}\nexit ${end}\n`;
    await writeFile(join(tree, ".build.sh"), script, { mode: 0o755 });
    await commit(tree, {});
    const pushed = await platform.push(tree, "locked");
    assert.equal(pushed.code, end === 0 ? 0 : 1, pushed.stderr);
  }
  const gone = await platform.berth("apps:destroy", "locked", "--confirm", "locked");
  assert.equal(gone.code, 0, gone.stderr);
  await untilTidy(platform.home);
  assert.deepEqual(await readdir(caches), usual);
});

test("config vars hold any text but no NUL, and their names are checked", async () => {
  await platform.berth("apps:create", "vars");
  const server = `require("node:http").createServer((q, s) => s.end(JSON.stringify(process.env.V))).listen(process.env.PORT)`;
  const tree = await platform.tree({ "server.js": server, Procfile: "web: node server.js\n" });
  assert.equal((await platform.push(tree, "vars")).code, 0);
  for (const value of [`a\nb "q" 's' $HOME \`id\` é \\ end `, "x".repeat(32_768)]) {
    const set = await platform.berth("config:set", `V=${value}`, "-a", "vars");
    assert.equal(set.code, 0, set.stderr);
    assert.equal(JSON.parse((await platform.visit("vars.localhost")).body), value);
  }
  const refusals = {
    "PORT=1": /PORT is given by Berth/,
    "1A=x": /not starting with a digit/,
    "A B=x": /letters, digits and _/,
    "é=x": /letters, digits and _/,
    "-A=x": /letters, digits and _/,
    [`V=${"x".repeat(32_769)}`]: /longer than 32768 characters/,
  };
  for (const [pair, reason] of Object.entries(refusals)) {
    const refused = await platform.berth("config:set", "-a", "vars", "--", pair);
    assert.equal(refused.code, 2, pair.slice(0, 20));
    assert.match(refused.stderr, reason);
  }
});

test("after all this nothing is left behind, and Berth has made no mistake of its own", async () => {
  await untilTidy(platform.home);
  const log = await readIfThere(join(platform.home, "logs/berthd/current"));
  assert.doesNotMatch(log ?? "", /"level":50/);
  const objects = await readdir(join(platform.home, "data/repos/1.git/objects"));
  assert.deepEqual(
    objects.filter((name) => name.startsWith("tmp_")),
    [],
  );
});
