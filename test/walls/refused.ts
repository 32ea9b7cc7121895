import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { userRange } from "#domain/app-user.ts";
import { exec } from "#lib/exec.ts";
import { freePort } from "../machine.ts";
import { until } from "../platform.ts";
import { processesOf } from "../processes.ts";
import type { World } from "./world.ts";

/** What an app cannot do, and cannot have. */
export function refusalTests(world: World): void {
  const { platform, ask, run } = world;
  test("an app reaches itself and the router, and nothing else of the machine", async () => {
    const { ports } = platform;
    const own = await portOf(world, "shop");
    const others = await portOf(world, "rival");
    const [ownOther, othersOther] = [await freePort(), await freePort()];
    assert.equal(await ask("rival", `/listen?port=${othersOther}`), "listening");
    assert.equal(await ask("shop", `/listen?port=${ownOther}`), "listening");
    const expected: readonly (readonly [string, number, string])[] = [
      ["127.0.0.1", own, "connected"],
      ["127.0.0.1", ownOther, "connected"],
      ["127.0.0.1", ports.direct, "connected"],
      ["127.0.0.1", others, "refused"],
      ["127.0.0.1", othersOther, "refused"],
      ["127.0.0.1", ports.api, "refused"],
      ["127.0.0.1", ports.ssh, "refused"],
      ["169.254.169.254", 80, "refused"],
    ];
    for (const [host, port, answer] of expected) {
      const got = await ask("shop", `/connect?host=${host}&port=${port}`);
      assert.equal(got, answer, `${host}:${port}`);
    }
  });

  test("of Berth itself only the supervisors and berth-root are root's", async () => {
    const uids = new Map<string, Set<number>>();
    for (const { pid, argv } of processesOf(platform.home)) {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      const uid = /^Uid:\t(\d+)/m.exec(status)?.[1];
      if (uid === undefined) continue; // It has ended.
      const known = /berthd|berth-root|sshd|nginx|s6-(?:svscan|supervise)/.exec(argv)?.[0] ?? "app";
      const program = argv.startsWith("s6-log") ? `log of ${known}` : known;
      uids.set(program, (uids.get(program) ?? new Set()).add(Number(uid)));
    }
    const idsOf = async (name: string) => Number(await exec(["id", "-u", name]));
    const [account, router] = await Promise.all([idsOf(platform.account), idsOf("berth-router")]);
    const expected = {
      "s6-svscan": 0,
      "s6-supervise": 0,
      "berth-root": 0,
      "log of berth-root": 0,
      berthd: account,
      sshd: account,
      nginx: router,
      "log of app": account,
    };
    for (const [program, uid] of Object.entries(expected))
      assert.deepEqual([...(uids.get(program) ?? [])], [uid], program);
    const apps = [...(uids.get("app") ?? [])];
    assert.ok(apps.length >= 2 && apps.every((uid) => uid >= userRange.first), apps.join());
  });

  test("class 9, rights by a detour: hooks, commands and instances are their app's user, behind its walls", async () => {
    const who = `echo "$1: $(grep -E '^(Uid|CapPrm|NoNewPrivs|Seccomp):' /proc/self/status | cut -f2 | tr '\\n' ' ')"`;
    const server = `const { execFile } = process.getBuiltinModule("child" + "_process");
      require("node:http").createServer((q, s) => execFile("sh", ["who", "instance"], (e, out) => s.end(out))).listen(process.env.PORT, "127.0.0.1")`;
    const hooks = ["before_build", "build", "after_build", "maintenance"];
    const lines = hooks.map((name) => `      ${name}: sh who ${name}\n`).join("");
    const config = `branches:\n  main:\n    hooks:\n${lines}    custom_cmds:\n      who: sh who custom\n`;
    const folder = join(platform.home, "config/repo");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "detour.yml"), config);
    const isThere = async () => (await platform.berth("apps:info", "detour")).code === 0;
    await until(isThere, "the app is taken from its file", 10_000);
    const Procfile = "web: node server.js\nrelease: sh who release\n";
    const tree = await platform.tree({ who, "server.js": server, Procfile });
    const pushed = await platform.push(tree, "detour");
    assert.equal(pushed.code, 0, pushed.stderr);
    const ran = await platform.berth("run", "-a", "detour", "--", "sh", "who", "one-off");
    const custom = await platform.berth("custom_cmds", "detour", "main", "who");
    const said = [pushed.stderr, ran.stdout, custom.stdout, await ask("detour", "/")].join("\n");
    const card = (await platform.berth("security", "-a", "detour")).stdout;
    const uid = /uid (\d+)/.exec(card)?.[1] ?? "none";
    for (const kind of [...hooks, "release", "one-off", "custom", "instance"])
      assert.match(said, new RegExp(`${kind}: ${uid} 0{16} 1 2 `), said);
  });

  test("a closed network is closed at once, for what runs too, and opened again", async () => {
    const visit = `/connect?host=127.0.0.1&port=${platform.ports.direct}`;
    const closed = await platform.berth("network:close", "-a", "shop");
    assert.equal(closed.stdout, "The network of shop is closed.\n");
    assert.equal(await ask("shop", visit), "refused");
    assert.equal(await ask("rival", visit), "connected");
    assert.match((await platform.berth("apps:info", "shop")).stdout, /^Network +closed$/m);
    await platform.berth("network:open", "-a", "shop");
    assert.equal(await ask("shop", visit), "connected");
  });

  test("system calls that no app needs are refused to it", async () => {
    assert.match(await run("shop", "cat /proc/self/status"), /^Seccomp:\t2$/m);
    assert.doesNotMatch(await run("shop", "unshare --user true"), /^0\n/);
    assert.match(await run("shop", "git --version && node --version && npm --version"), /^0\n/);
  });

  test("class 22, exhaustion: an app leaves others the ports from which connections begin", async (t) => {
    const status = (await platform.berth("status")).stdout;
    if (!/yes +Apps leave others half of the ports/.test(status))
      return t.skip("the kernel takes no programs for cgroups here");
    const fill =
      'for (;;) { socket(my $one, AF_INET, SOCK_STREAM, 0) or last; push(@all, $one) } print(@all + 0, " $!\\n")';
    const text = await run("rival", `perl -MSocket -e '${fill}'`);
    if (text.includes("Too many open files"))
      return t.skip("this machine lets nobody have so many files open");
    const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    const [first = 0, last = 0] = range.split(/\s+/).map(Number);
    const take = `my @had = (0, 0); my $why;
      for (0 .. 399) { socket(my $one, AF_INET, SOCK_STREAM, 0); bind($one, sockaddr_in(${first} + $_, INADDR_ANY)) ? $had[$_ % 2]++ : ($why = $!) }
      print("@had[0, 1] $why\\n")`;
    const had = await run("rival", `perl -MSocket -e '${take}'`);
    assert.match(
      had,
      /^0\n0 [1-9]\d* Address already in use\n$/,
      "every second one is for connections",
    );
    const [, count] = /^0\n(\d+) Operation not permitted\n$/.exec(text) ?? [];
    assert.ok(Number(count) > 0 && Number(count) <= (last - first) / 8, text);
    assert.equal(await ask("rival", "/"), "up", "its visitors take none of them");
  });

  test("a number of processes holds at once, and is taken back at once", async () => {
    assert.equal(await ask("shop", "/fork?count=60"), "0");
    const set = await platform.berth("limits:set", "pids=40", "--type", "web", "-a", "shop");
    assert.equal(set.code, 0, set.stderr);
    await until(
      async () => Number(await ask("shop", "/fork?count=60")) >= 20,
      "forks fail",
      10_000,
    );
    await platform.berth("limits:unset", "pids", "--type", "web", "-a", "shop");
    await until(async () => (await ask("shop", "/fork?count=60")) === "0", "forks work", 20_000);
  });

  test("open files, temporary files and the processor's time are what was set, in the next release", async () => {
    const limits = ["files=300", "disk=4M", "cpu=0.5"];
    const set = await platform.berth("limits:set", ...limits, "--type", "web", "-a", "shop");
    assert.equal(set.code, 0, set.stderr);
    const asked = "ulimit -Sn; ulimit -Hn; ulimit -Hc";
    assert.equal(await run("shop", asked), "0\n300\n300\n0\n");
    for (const place of ["/tmp", "/home/app"])
      assert.match(await run("shop", `head -c 5M /dev/zero > ${place}/f`), /No space left/, place);
    const card = (await platform.berth("security", "-a", "shop")).stdout;
    assert.match(card, /^shop +yes +Processor time of each instance is limited +at most 0\.5$/m);
  });
}

async function portOf({ platform }: World, app: string): Promise<number> {
  const { stdout } = await platform.berth("ps", "-a", app, "--json");
  const [first] = JSON.parse(stdout) as readonly { readonly port: number }[];
  return first?.port ?? 0;
}
