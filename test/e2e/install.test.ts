import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { userRange } from "#domain/app-user.ts";
import { bootMachine, checkoutInside, type BootedMachine } from "../booted-machine.ts";
import { until } from "../platform.ts";
import type { Ran } from "../programs.ts";
import { talkToShell } from "../terminal.ts";

const fromCheckout = [
  join(checkoutInside, "node_modules/node/bin/node"),
  join(checkoutInside, "dist/bin/cli.js"),
] as const;
const forRoot = { skip: process.getuid?.() === 0 ? false : "only root can boot a machine" };

test(
  "berth install sets a server up for good, and berth uninstall takes all of it away",
  forRoot,
  async () => {
    await using machine = await bootMachine();
    const ok = async (...argv: [string, ...string[]]) => succeed(await machine.run(...argv), argv);
    await machine.run("rm", "-rf", "/var/lib/berth", "/opt/berth", "/var/lib/berth-uids");
    await using _others = await likeNamedCgroups(machine);

    const reserved = ["cat", "/proc/sys/net/ipv4/ip_local_reserved_ports"] as const;
    await machine.run("sh", "-c", `echo 40000,42522 > ${reserved[1]}`);
    const installed = await ok(...fromCheckout, "install");
    assert.match(installed, /Unit +\/etc\/systemd\/system\/berth\.service, started now/);
    assert.equal((await ok("systemctl", "is-active", "berth")).trim(), "active");
    assert.equal((await ok("systemctl", "is-enabled", "berth")).trim(), "enabled");
    const shown = await ok("systemctl", "show", "berth", "-p", "Delegate,CPUWeight");
    assert.match(shown, /^Delegate=yes$/m);
    assert.match(shown, /^CPUWeight=1000$/m);
    await onlyRootMayChange(machine, "/opt/berth", "/etc/systemd/system/berth.service");
    const status = await ok("berth", "status");
    assert.match(status, /^Berth +\d/);
    assert.match(status, /^Isolation +yes +No connection begins at a port of Berth's own$/m);
    const ofOthersAndOurs = "40000,42500,42522,42530-42533\n";
    assert.equal(await ok(...reserved), ofOthersAndOurs);
    await pushSample(ok);
    assert.match(await visit(ok), /Hello from Berth!/);
    // Unlike some containers, the machine has terminals that sshd may give away.
    const ssh = ["ssh", ...trusting, "-tt", "-p", "42522", "deploy@127.0.0.1"];
    await talkToShell([...machine.inside, ...ssh, "run", "-a", "hello", "sh"]);

    // As at a reboot, and as after the death of what supervises everything.
    await ok("systemctl", "restart", "berth");
    assert.match(await visit(ok), /Hello from Berth!/);
    const mainPid = async () =>
      (await ok("systemctl", "show", "berth", "-p", "MainPID", "--value")).trim();
    const before = await mainPid();
    await ok("kill", "-KILL", before);
    const isNew = async () => !["0", before].includes(await mainPid());
    await until(isNew, "systemd starts it again", 20_000);
    assert.match(await visit(ok), /Hello from Berth!/);

    // A second time is the update: nothing is lost.
    await ok(...fromCheckout, "install");
    assert.match(await visit(ok), /Hello from Berth!/);

    await ok("systemctl", "stop", "berth");
    assert.equal(await ok(...reserved), ofOthersAndOurs, "kept for the next start");
    const asked = await machine.run("berth", "uninstall");
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /berth uninstall --confirm/);
    await ok("berth", "uninstall", "--confirm");
    for (const path of [
      "/var/lib/berth",
      "/opt/berth",
      "/usr/local/bin/berth",
      "/etc/systemd/system/berth.service",
    ]) {
      assert.notEqual((await machine.run("test", "-e", path)).code, 0, `${path} is gone`);
    }
    assert.equal(await ok(...reserved), "40000,42522\n", "only ours are given back");
    assert.notEqual((await machine.run("getent", "passwd", "berth")).code, 0);
    assert.equal((await machine.run("pgrep", "-u", "berth,deploy")).stdout, "");
    assert.equal((await machine.run("pgrep", "s6-svscan")).stdout, "");
  },
);

/**
 * Of control groups in version 1 the machine sees those of the machine around it, and may change
 * none: also not those of another home there, whose users have the same numbers.
 */
async function likeNamedCgroups(machine: BootedMachine): Promise<AsyncDisposable> {
  const block = (userRange.end - userRange.first) / userRange.ofHome - 1;
  await machine.run("mkdir", "/var/lib/berth-uids");
  await machine.run("ln", "-s", "/var/lib/berth", `/var/lib/berth-uids/${block}`);
  const home = `berth/u${userRange.first + block * userRange.ofHome}`;
  const homes = ["cpu", "memory", "pids"].map((name) => join("/sys/fs/cgroup", name));
  const made = homes.filter(existsSync).map((at) => join(at, home));
  for (const path of made) mkdirSync(join(path, "apps"), { recursive: true });
  return {
    [Symbol.asyncDispose]: async () => {
      for (const path of made) for (const it of [join(path, "apps"), path]) rmdirSync(it);
    },
  };
}

type Run = (...argv: [string, ...string[]]) => Promise<string>;

const key = "/root/.ssh/id_ed25519";
const trusting = ["-i", key, "-o", "StrictHostKeyChecking=no"];

async function pushSample(ok: Run): Promise<void> {
  await ok("mkdir", "-p", "-m", "700", "/root/.ssh");
  await ok("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
  await ok("berth", "keys:add", "root", `${key}.pub`);
  await ok("berth", "apps:create", "hello");
  await ok("cp", "-r", join(checkoutInside, "examples/hello"), "/root/hello");
  const git: [string, ...string[]] = [
    "git",
    "-C",
    "/root/hello",
    "-c",
    "user.name=T",
    "-c",
    "user.email=t@localhost",
  ];
  await ok(...git, "init", "-q", "-b", "main");
  await ok(...git, "add", "--all");
  await ok(...git, "commit", "-q", "-m", "first");
  const ssh = `core.sshCommand=ssh ${trusting.join(" ")}`;
  await ok(...git, "-c", ssh, "push", "-q", "ssh://deploy@127.0.0.1:42522/hello", "main");
}

/** The sample's page, which may take some seconds after a start. */
async function visit(ok: Run): Promise<string> {
  const retry = [
    "--retry",
    "60",
    "--retry-delay",
    "1",
    "--retry-max-time",
    "30",
    "--retry-all-errors",
  ];
  return ok("curl", "-sf", ...retry, "-H", "Host: hello.localhost", "http://127.0.0.1:42530/");
}

function succeed(ran: Ran, argv: readonly string[]): string {
  assert.equal(ran.code, 0, `${argv.join(" ")}: ${ran.stderr}${ran.stdout}`);
  return ran.stdout;
}

async function onlyRootMayChange(machine: BootedMachine, ...paths: string[]): Promise<void> {
  const loose = ["(", "!", "-user", "root", "-o", "-perm", "/022", ")", "!", "-type", "l"];
  const found = await machine.run("find", ...paths, ...loose, "-print", "-quit");
  assert.equal(found.stdout, "");
}
