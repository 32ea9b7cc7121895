import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { canScopeSockets } from "#lib/landlock.ts";
import { ensureReadableCode } from "#setup/code.ts";
import { startPlatform, webApp, type Person } from "../platform.ts";
import { runProgram } from "../programs.ts";
import { temporaryFolder } from "../machine.ts";

const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? {} : { skip: "only root can make another user" };

test("an ordinary user has the same platform, under their own name", needsRoot, async () => {
  await using person = await makePerson();
  await using platform = await startPlatform("", person);
  const status = await platform.berth("status");
  assert.match(status.stdout, new RegExp(`account ${person.account}`));
  const isScoped = await canScopeSockets();
  for (const [holds, what] of [
    ["yes", "Apps, builds and hooks run in a sandbox"],
    ["NO ", "Every app has a Linux user of its own"],
    ["NO ", "Memory, CPU and processes .* are limited, but for memory, cpu"],
    ["yes", "System calls that no app needs"],
    ["NO ", "An app reaches its own ports .* \\(only root can set it up\\)"],
    [isScoped ? "yes" : "NO ", "Abstract unix sockets of an app are its own"],
  ])
    assert.match(status.stdout, new RegExp(`^Isolation +${holds} +${what}`, "m"));
  assert.equal((await platform.berth("apps:create", "mine")).code, 0);
  const pushed = await platform.push(await platform.tree(webApp("my own")), "mine");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.equal((await platform.visit("mine.localhost")).body, "my own");
  const ran = await platform.berth("run", "-a", "mine", "--", "id", "-u");
  assert.equal(ran.stdout.trim(), String(person.ids.uid));
  const name = `berth-test-${randomUUID()}`;
  await using server = createServer((socket) => socket.end()).listen(`\0${name}`);
  await once(server, "listening");
  const meeting = `socket(S, AF_UNIX, SOCK_STREAM, 0); exit(connect(S, pack_sockaddr_un("\\0${name}")) ? 0 : 9)`;
  const met = await platform.berth("run", "-a", "mine", "--", "perl", "-MSocket", "-e", meeting);
  assert.equal(met.code, isScoped ? 9 : 0, met.stderr);
  const noted = await platform.berth("limits:set", "memory=128M", "-a", "mine");
  assert.match(noted.stderr, /^web: memory is not enforced: .* See berth status$/m);
  const card = await platform.berth("security");
  assert.equal(card.code, 1, card.stderr);
  assert.match(card.stdout, /^mine +NO .* the user that Berth and all apps have$/m);
  assert.match(card.stdout, /^mine +yes +They are in a sandbox/m);
  assert.match(card.stderr, /^mine lacks: user, memory, cpu, fence\./m);
  const destroyed = await platform.berth("apps:destroy", "mine", "--confirm", "mine");
  assert.equal(destroyed.code, 0, destroyed.stderr);
});

/** A user of this machine who is gone at the end of the scope, with a checkout that they can read. */
async function makePerson(): Promise<Person & AsyncDisposable> {
  const account = `berth-test-${Math.random().toString(36).slice(2, 10)}`;
  const copies = await temporaryFolder();
  await runProgram(["chmod", "755", copies.path]);
  const home = ["--no-create-home", "--home-dir", copies.path];
  const made = await runProgram(["useradd", ...home, "--shell", "/bin/sh", account]);
  assert.equal(made.code, 0, made.stderr);
  const numbers = await Promise.all(["-u", "-g"].map((flag) => runProgram(["id", flag, account])));
  const [uid = 0, gid = 0] = numbers.map(({ stdout }) => Number(stdout));
  const checkout = join(import.meta.dirname, "../..");
  const code = await ensureReadableCode({ checkout, uid, gid, copies: copies.path });
  return {
    account,
    code,
    ids: { uid, gid },
    [Symbol.asyncDispose]: async () => {
      await runProgram(["userdel", account]);
      await copies[Symbol.asyncDispose]();
    },
  };
}
