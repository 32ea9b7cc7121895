import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { exists } from "#lib/files.ts";
import { homeLayout } from "#setup/layout.ts";
import { startPlatform, until, type Platform } from "../platform.ts";
import { isRoot } from "../privileges.ts";

/**
 * An app whose owner is hostile, deployed as any other, beside one that it wants something of. What
 * it tries it tries with a shell and all programs of the machine; each attempt must fail.
 */
const noRoot = isRoot ? false : "apps have users of their own only when root starts Berth";
const canary = "canary-7d1f0c";
const victim = `console.log("log ${canary}");
require("node:net").createServer((s) => s.end("well")).listen("\\0berth-" + process.env.PORT);
require("node:http").createServer((q, s) => s.end("well")).listen(process.env.PORT, "127.0.0.1")`;
const shell = `
const { execFile } = process.getBuiltinModule("child" + "_process");
require("node:http").createServer((request, response) => {
  const script = decodeURIComponent(request.url.slice(1));
  if (script === "") return response.end("well");
  execFile("sh", ["-c", script], { timeout: 8000 }, (error, out, err) => response.end((error ? "failed" : "done") + "\\n" + out + err));
}).listen(process.env.PORT, "127.0.0.1");`;

let platform: Platform;
let shop: { pid: number; port: number };
before(async () => {
  if (!isRoot) return;
  platform = await startPlatform();
  await deploy("shop", victim, "mkdir -p /cache && echo kept > /cache/kept");
  await platform.berth("config:set", "--secret", `TOKEN=${canary}`, "-a", "shop");
  const { home } = platform;
  const links = ["data/berth.db", "data/artifacts/1", "data/caches/1", "run/berthd.sock"];
  const made = links.map((path, at) => `ln -s ${home}/${path} link${at}`);
  const cached = [`ln -sfn ${home}/data/caches/1 /cache/stolen`, "ln -sfn / /cache/root"];
  await deploy("evil", shell, [...made, ...cached].join(" && "));
  const { stdout } = await platform.berth("ps", "-a", "shop", "--json");
  [shop] = JSON.parse(stdout) as [typeof shop];
});
after(async () => {
  if (isRoot) await platform[Symbol.asyncDispose]();
});

test(
  "class 18, from one app to another: it reads nothing of another app, of Berth, or of the machine's secrets",
  { skip: noRoot },
  async () => {
    const { home } = platform;
    // The victim came first.
    const [service] = readdirSync(join(home, "run/services")).toSorted();
    const secret = [
      "data/berth.db",
      "data/secret.key",
      "data/repos/1.git/HEAD",
      "data/artifacts/1/server.js",
      "data/caches/1/kept",
      `run/services/${service}/sandbox.3`,
      "run/berthd.sock",
      "run/root/berth-root.sock",
      "logs",
      "config/berth.yml",
    ];
    // They are there for whoever may look: what is tried is no mere slip in a name.
    for (const path of secret) assert.ok(await exists(join(home, path)), path);
    for (const path of [
      ...secret.map((it) => join(home, it)),
      "/etc/shadow",
      "/root",
      "/proc/kcore",
    ]) {
      await fails(`ls -l ${path}/.`);
      await fails(`head -c 1 ${path}`);
    }
    const shown = "app bin dev etc home lib lib32 lib64 libx32 opt proc run sbin tmp usr";
    const folders = await runs("ls -A / | tr '\\n' ' '");
    const [said = "", ...strange] = folders
      .split(/\s+/)
      .filter((it) => !shown.split(" ").includes(it));
    assert.deepEqual([said, strange.join("")], ["done", ""], folders);
    assert.equal(
      await runs("ls -A /run /home /opt | xargs"),
      "done\n/home: app /opt: node /run: group passwd\n",
    );
    for (const link of ["link0", "link1/server.js", "link2/kept", "link3"])
      await fails(`cat /app/${link}`);
    for (const all of [
      "cat /proc/*/environ",
      "cat /proc/*/cmdline",
      "env",
      "grep -rs canary /app /tmp /home /etc /var/log",
    ])
      assert.ok(!(await runs(all)).includes(canary), all);
  },
);

test(
  "class 18, from one app to another: it neither sees, signals nor traces a process of another",
  { skip: noRoot },
  async () => {
    const others = await runs(`for it in /proc/[0-9]*; do tr '\\0' ' ' <$it/cmdline; echo; done`);
    assert.doesNotMatch(others, /berthd|nginx|sshd|s6-|relay|init|systemd/);
    assert.equal(others.match(/^node server\.js $/gm)?.length, 1, others);
    const { stdout } = await platform.berth("ps", "-a", "shop", "--json");
    await fails(`kill -9 ${shop.pid}`);
    // PTRACE_ATTACH and process_vm_readv, by number, as no program need be there for it.
    for (const call of [`101, 16, ${shop.pid}, 0, 0`, `310, ${shop.pid}, 0, 0, 0, 0, 0`])
      await fails(`perl -e 'exit(syscall(${call}) == -1 ? 1 : 0)'`);
    const { stdout: later } = await platform.berth("ps", "-a", "shop", "--json");
    const [before_, after_] = [stdout, later].map(
      (text) => (JSON.parse(text) as (typeof shop)[])[0],
    );
    assert.equal(after_?.pid, before_?.pid, "shop runs on");
  },
);

test(
  "class 18, from one app to another: it connects to nothing that is not its own",
  { skip: noRoot },
  async () => {
    const { api, ssh } = platform.ports;
    const ports = [shop.port, api, ssh];
    for (const port of ports) await fails(connecting("127.0.0.1", port));
    for (const host of ["0.0.0.0", "127.8.8.8", "::1", "::", "::ffff:127.0.0.1"])
      await fails(connecting(host, api));
    const metadata = ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"];
    // Refused, and not merely without an answer.
    for (const host of [...metadata, "::ffff:169.254.169.254"]) {
      const startedMs = performance.now();
      await fails(connecting(host, 80));
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < connectTimeoutS * 1000, `${host}: ${tookMs} ms`);
    }
    await succeeds(connecting("127.0.0.1", platform.ports.direct));
    const { socket, helperSocket, nginxSocket } = homeLayout(platform.home);
    for (const path of [socket, helperSocket, nginxSocket]) {
      const own = connect(path);
      await once(own, "connect");
      own.destroy();
      await fails(connectingTo(path));
    }
  },
);

test(
  "a port of this machine is open to apps while berth.yml says so",
  { skip: noRoot },
  async () => {
    const { api } = platform.ports;
    const file = join(platform.home, "config/berth.yml");
    const settings = readFileSync(file, "utf8");
    const said = (answer: string) => async () =>
      (await runs(connecting("127.0.0.1", api))).startsWith(answer);
    writeFileSync(file, `${settings}open_ports: [${api}]\n`);
    await until(said("done"), "the app connects");
    await succeeds(connecting("127.0.0.1", platform.ports.direct));
    writeFileSync(file, settings);
    await until(said("failed"), "the app connects no more");
  },
);

test(
  "class 18, from one app to another: an abstract unix socket of another is out of its reach",
  { skip: noRoot },
  async (t) => {
    const { stdout } = await platform.berth("status");
    if (!/^Isolation +yes +Abstract unix sockets/m.test(stdout))
      return t.skip("this kernel cannot tell whose an abstract unix socket is");
    const name = `berth-${shop.port}`;
    const answer = connect(`\0${name}`);
    assert.equal((await answer.toArray()).join(""), "well", "it is there for whoever may");
    const meeting = (at: string, first = "") =>
      `perl -MSocket -e 'my $at = pack_sockaddr_un("\\0${at}"); ${first} socket(S, AF_UNIX, SOCK_STREAM, 0); exit(connect(S, $at) ? 0 : 1)'`;
    await fails(meeting(name));
    const listening = "socket(L, AF_UNIX, SOCK_STREAM, 0); bind(L, $at); listen(L, 1);";
    await succeeds(meeting(`${name}-own`, listening));
  },
);

test(
  "class 22, exhaustion: it takes no port of Berth's, or that another instance could be given",
  { skip: noRoot },
  async (t) => {
    const { stdout } = await platform.berth("status");
    if (!/^Isolation +yes +Ports of Berth/m.test(stdout))
      return t.skip("this kernel takes no programs for cgroups here");
    const settings = readFileSync(join(platform.home, "config/berth.yml"), "utf8");
    const [, min, max] = /min: (\d+)\n +max: (\d+)/.exec(settings) ?? [];
    const taking = (ports: string) =>
      `perl -MIO::Socket::INET -e 'my @all = (${ports}); my @got = grep { IO::Socket::INET->new(LocalPort => $_, Listen => 1) } @all; print scalar(@got), " of ", scalar(@all)'`;
    // Who has one now is no matter: it is not the kernel's answer to who might have it later.
    const forbidden = (port: number) =>
      `perl -MIO::Socket::INET -e 'IO::Socket::INET->new(LocalPort => ${port}, Listen => 1); exit(!$!{EPERM})'`;
    for (const port of Object.values(platform.ports)) await succeeds(forbidden(port));
    assert.match(await runs(taking(`${min}..${Number(max) - 1}`)), /^done\n0 of \d+$/);
    assert.match(await runs(taking("0, 0, 0")), /^done\n3 of 3$/);
  },
);

test(
  "class 18, from one app to another: it writes nowhere but in its own places, and gains nothing",
  { skip: noRoot },
  async () => {
    for (const place of ["/app", "/usr", "/etc", "/", "/home", "/opt/node", "/proc/sys/kernel"])
      await fails(`touch ${place}/mine`);
    for (const place of ["/tmp", "/home/app", "/dev/shm"]) await succeeds(`touch ${place}/mine`);
    for (const gain of [
      "mount -t tmpfs x /tmp",
      "unshare -r true",
      "chroot /tmp",
      "nsenter -t 1 -m true",
      "mknod /tmp/d c 1 3",
      "chown 0 /tmp/mine",
    ])
      await fails(gain);
    const status = await runs("cat /proc/self/status");
    // 0 would have a program of the machine's started, as root, that takes dumps.
    assert.match(await runs("cat /proc/self/limits"), /^Max core file size +1 +1 /m);
    for (const line of [/^CapEff:\t0+$/m, /^CapPrm:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m])
      assert.match(status, line);
  },
);

test(
  "class 18, from one app to another: it has no file open that it did not open itself",
  { skip: noRoot },
  async () => {
    // The last one is that of the folder that is listed.
    const own = "0\n1\n2\n3\n";
    assert.equal(await runs("ls /proc/self/fd"), `done\n${own}`);
    const run = await platform.berth("run", "-a", "evil", "--", "ls", "/proc/self/fd");
    assert.equal(run.stdout, own, run.stderr);
  },
);

test(
  "class 18, from one app to another: it does not survive its end, and its links take nobody with it",
  { skip: noRoot },
  async () => {
    const uid = Number(/^Uid:\t(\d+)/m.exec(await runs("cat /proc/self/status"))?.[1]);
    const outer = Number(
      /uid (\d+)/.exec((await platform.berth("security", "-a", "evil")).stdout)?.[1],
    );
    assert.equal(uid, outer);
    await succeeds(
      "for i in 1 2 3; do (setsid sh -c 'trap \"\" TERM HUP INT; sleep 3000' >/dev/null 2>&1 &); done",
    );
    assert.ok(processesOf(uid).length > 3);
    const destroyed = await platform.berth("apps:destroy", "evil", "--confirm", "evil");
    assert.equal(destroyed.code, 0, destroyed.stderr);
    assert.deepEqual(processesOf(uid), []);
    assert.equal((await platform.visit("shop.localhost")).body, "well");
    const { home } = platform;
    for (const kept of ["data/caches/1/kept", "data/berth.db"])
      assert.ok(await exists(join(home, kept)), kept);
    assert.equal(await exists(join(home, "data/caches/2")), false);
  },
);

async function deploy(app: string, server: string, build: string): Promise<void> {
  await platform.berth("apps:create", app);
  const files = {
    "server.js": server,
    Procfile: "web: node server.js\n",
    "package.json": JSON.stringify({ scripts: { build } }),
  };
  const pushed = await platform.push(await platform.tree(files), app);
  assert.equal(pushed.code, 0, pushed.stderr);
}

/** What the hostile app's shell says to a script: `done` or `failed`, then what was printed. */
async function runs(script: string): Promise<string> {
  const { status, body } = await platform.visit("evil.localhost", `/${encodeURIComponent(script)}`);
  assert.equal(status, 200, script);
  return body;
}

async function fails(script: string): Promise<void> {
  assert.match(await runs(script), /^failed\n/, script);
}

async function succeeds(script: string): Promise<void> {
  assert.match(await runs(script), /^done\n/, script);
}

const connectTimeoutS = 5;

function connecting(host: string, port: number): string {
  return `perl -MIO::Socket::IP -e 'exit(IO::Socket::IP->new(PeerHost => "${host}", PeerPort => ${port}, Timeout => ${connectTimeoutS}) ? 0 : 1)'`;
}

function connectingTo(path: string): string {
  return `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); exit(connect(S, pack_sockaddr_un("${path}")) ? 0 : 1)'`;
}

function processesOf(uid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/status`, "utf8").includes(`\nUid:\t${uid}\t`);
      } catch {
        return false;
      }
    });
}
