import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { instanceLimits, type Limits } from "#domain/limits.ts";
import {
  cgroupFolder,
  joinFiles,
  memoryEventsFile,
  type CgroupName,
  type CgroupPlace,
} from "#domain/realm.ts";
import { keepPorts, keepRange } from "#lib/bind-program.ts";
import { countSockets } from "#lib/socket-count.ts";
import { ended, exec, start } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";
import { parseNumbers } from "#lib/number-list.ts";
import { entryWords, type Entry } from "#privileged/entry.ts";
import { makeCgroups, removeCgroups } from "#setup/cgroups.ts";
import { claimUsers, releaseUsers } from "#setup/uid-range.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { Cgroups } from "./cgroups.ts";
import { LightFirst } from "./light-first.ts";
import { countsIn } from "./processor-counts.ts";

const uid = 1_999_990_001;
/** Who makes the cgroups of apps. */
const account = { uid: 65_533, gid: 65_533 };
const mebi = 1024 ** 2;
const small: Limits = { ...instanceLimits, memoryBytes: 64 * mebi, pids: 20 };

test("a process beyond its memory is ended, and the kernel's count says so", async (t) => {
  await using world = await openWorld(t, ["memory"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, small);
  const hog = "const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));";
  const end = await runIn(world, ["node", "-e", hog]);
  assert.equal(end.signal, "SIGKILL");
  assert.ok((await cgroups.kills(cgroup)) >= 1);
});

test("what processes share is counted once, and files that nobody needs are not", async (t) => {
  await using world = await openWorld(t, ["memory"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  assert.equal(await cgroups.memory(cgroup), null);
  cgroups.create(cgroup, small);
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  // Written once, then 20 MB that four processes have together.
  const sharing =
    'my $held; $held .= "x" x 1e6 for 1 .. 20; fork() for 1, 2; print "."; close(STDOUT); sleep(600)';
  await runIn(world, ["dd", "if=/dev/zero", `of=${file}`, "bs=1M", "count=30", "conv=fsync"]);
  const child = start(joined(world, ["perl", "-e", sharing]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = ended(child);
  for await (const _ of child.stdout ?? []);
  // Where the folder for temporary files is in memory, the file is needed there.
  const inMemory = Number(/^shmem (\d+)$/m.exec(await readIn(world, "memory.stat"))?.[1]);
  const used = ((await cgroups.memory(cgroup)) ?? 0) - inMemory;
  assert.ok(used > 19 * mebi && used < 40 * mebi, `${used} bytes, and ${inMemory}`);
  await cgroups.remove(cgroup);
  await end;
});

test("a fork bomb stops at its number of processes, and all of it is removed", async (t) => {
  await using world = await openWorld(t, ["pids"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, small);
  const bomb = start(
    joined(world, ["sh", "-c", "(for i in $(seq 100); do sleep 600 & done); exec sleep 600"]),
    { stdio: "ignore" },
  );
  const bombEnd = ended(bomb);
  const pids = async () => Number(await readIn(world, "pids.current"));
  while ((await pids()) < small.pids - 1) await new Promise((wait) => setTimeout(wait, 20));
  assert.ok((await pids()) <= small.pids);
  await cgroups.remove(cgroup);
  assert.equal((await bombEnd).signal, "SIGKILL");
  assert.deepEqual(await namesOf(world), []);
});

test("the processor's time is cut at the limit", async (t) => {
  await using world = await openWorld(t, ["cpu"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, { ...small, cpuCores: 0.1 });
  const startedMs = performance.now();
  await runIn(world, ["timeout", "1", "sh", "-c", "while :; do :; done"]);
  const tookMs = performance.now() - startedMs;
  const used = /^usage_usec (\d+)$/m.exec(await readIn(world, "cpu.stat"))?.[1];
  const usedMs = Number(used) / 1000;
  assert.ok(usedMs > 20, `${usedMs} ms are counted`);
  assert.ok(usedMs < tookMs * 0.3, `${usedMs} ms of ${tookMs} ms`);
});

test("an app that uses much of the processors is put behind the others, in the kernel's own words", async (t) => {
  await using world = await openWorld(t, ["cpu"]);
  if (!world) return;
  const counts = countsIn(world.places);
  if (!counts) return t.skip("this kernel takes no order of cgroups");
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, { ...small, cpuCores: 2 });
  // On so large a machine no other program uses half of it.
  const apps = new LightFirst(counts, 10_000);
  const spin = "while :; do :; done";
  const loops = start(joined(world, ["timeout", "20", "sh", "-c", `(${spin}) & ${spin}`]), {
    stdio: "ignore",
  });
  const loopsEnd = ended(loops);
  const idle = async () => (await readIn(world, "../cpu.idle")).trim();
  assert.equal(await idle(), "0");
  while ((await idle()) === "0" && loops.exitCode === null)
    await new Promise((wait) => setTimeout(wait, apps.look()));
  assert.equal(await idle(), "1");
  await cgroups.remove(cgroup);
  await loopsEnd;
  // The next berthd finds it there, and a cgroup that is gone is no error.
  assert.ok(counts.isBehind(`u${uid}`));
  await cgroups.removeApp(uid);
  assert.ok(apps.look() > 0);
});

test("one that stands behind is kept to processors of its own, and free again when it does no longer", async (t) => {
  await using world = await openWorld(t, ["cpu", "cpuset"]);
  if (!world) return;
  const counts = countsIn(world.places);
  if (!counts || counts.processors.length < 2) return t.skip("nothing to be kept to");
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, { ...small, cpuCores: 1.5 });
  assert.equal(counts.coresMax(`u${uid}`), 1.5);
  const waits = start(joined(world, ["sleep", "60"]), { stdio: "ignore" });
  const waitsEnd = ended(waits);
  // It joins first, and becomes itself then.
  while ((await readFile(`/proc/${waits.pid}/comm`, "utf8")) !== "sleep\n")
    await new Promise(setImmediate);
  const allowed = async () => {
    const status = await readFile(`/proc/${waits.pid}/status`, "utf8");
    return [...parseNumbers(/^Cpus_allowed_list:(.*)$/m.exec(status)?.[1] ?? "")];
  };
  const last = counts.processors.slice(-1);
  counts.keepTo(`u${uid}`, last);
  assert.deepEqual(await allowed(), last);
  counts.keepTo(`u${uid}`, counts.processors);
  assert.deepEqual(await allowed(), counts.processors);
  await cgroups.remove(cgroup);
  await waitsEnd;
  counts.keepTo(`u${uid}`, last);
});

test("limits are changed while it runs, up and down, as often as asked", async (t) => {
  await using world = await openWorld(t, ["memory", "pids"]);
  if (!world) return;
  const { cgroups, cgroup } = world;
  cgroups.create(cgroup, small);
  for (const memoryBytes of [256 * mebi, 32 * mebi, 32 * mebi, 128 * mebi]) {
    cgroups.update(cgroup, { ...small, memoryBytes });
    const file = memoryEventsFile({ cgroups: world.places }, cgroup);
    assert.ok(file);
    const name = existsSync(join(dirname(file), "memory.max"))
      ? "memory.max"
      : "memory.limit_in_bytes";
    assert.equal(Number(await readFile(join(dirname(file), name), "utf8")), memoryBytes);
  }
});

test("class 22, exhaustion: all of an app together leaves others something of the machine", async (t) => {
  await using world = await openWorld(t, ["memory", "pids"]);
  if (!world) return;
  world.cgroups.create(world.cgroup, { ...small, memoryBytes: 64 * mebi ** 2, pids: 1_000_000 });
  const [memory2, memory1, pids] = await Promise.all(
    ["memory.max", "memory.limit_in_bytes", "pids.max"].map((it) => readIn(world, `../${it}`)),
  );
  assert.ok(Number(memory2 || memory1) <= totalmem() * 0.75, `${memory2}${memory1}`);
  const pidsMax = Number(await readFile("/proc/sys/kernel/pid_max", "utf8"));
  assert.equal(Number(pids), Math.floor(pidsMax / 8));
});

test("class 22, exhaustion: an app has so many sockets and no more, and those it closed again", async (t) => {
  await using world = await openWorld(t, []);
  if (!world) return;
  const unified = world.places.find(({ version }) => version === 2);
  if (!unified || !(await countSockets(unified.apps, 40))) {
    t.skip("the kernel takes no programs for cgroups of version 2 here");
    return;
  }
  world.cgroups.create(world.cgroup, small);
  const cgroups = joinFiles({ cgroups: world.places }, world.cgroup);
  const ran = (perl: string) => {
    const modules = ["-MSocket", "-MPOSIX=setuid"];
    const words = [...entryWords({ cgroups }), "perl", ...modules, "-e", `${filling}${perl}`];
    const [program = "", ...args] = words;
    return exec([program, ...args]);
  };
  // Ten, four in the place of four, and six beside a listener and three that are connected to it.
  assert.equal(await ran(manySockets), "10 4 6");
  assert.equal(await ran(manySockets), "10 4 6", "once all were closed by the end of it");
  // A third of what is left of 40, each.
  assert.equal(await ran(severalUsers), "10 8 6 4", "some are left for whoever comes last");
  assert.equal(await ran(manySockets), "10 4 6", "once all users had ended");
});

test("class 22, exhaustion: an app takes no port that is given to others, in no family, and has its own", async (t) => {
  await using world = await openWorld(t, []);
  if (!world) return;
  const unified = world.places.find(({ version }) => version === 2);
  const outgoing = { min: 40_000, max: 40_200 };
  const keep = async () => (unified ? keepPorts(unified.apps, outgoing) : null);
  const map = await keep();
  if (!unified || map === null) {
    t.skip("the kernel takes no programs for cgroups of version 2 here");
    return;
  }
  const [min, max] = [61_500, 61_800];
  const asked = [min - 1, min, min + 7, max - 1, max, max + 7, 0];
  const refusedFor = async (own: string, entry: Partial<Entry> = {}) => {
    const cgroup = { uid, name: own };
    world.cgroups.create(cgroup, small);
    const words = entryWords({ cgroups: joinFiles({ cgroups: world.places }, cgroup), ...entry });
    const [program, ...args] = [...words, "perl", "-MIO::Socket::IP", "-e", listening];
    return (await exec([program, ...args, ...asked.map(String)])).trim().split(" ").map(Number);
  };
  const given = (number: number, port: number) => {
    return { port: [String(number), String(port), cgroupFolder(unified, { uid, name: "i1" })] };
  };
  await keepRange(map, { min, max }, []);
  assert.deepEqual(await refusedFor("i1", given(map, min + 7)), [min, max - 1], "an instance");
  assert.deepEqual(await refusedFor("i1"), [min, max - 1], "it, when it is started again");
  assert.deepEqual(await refusedFor("i2"), [min, min + 7, max - 1], "another of the same app");
  assert.deepEqual(await refusedFor("c1"), [min, min + 7, max - 1], "a command");

  await keepRange(map, { min: max, max: max + 10 }, [min - 1]);
  const later = [min - 1, max, max + 7];
  assert.deepEqual(await refusedFor("i1"), later, "one that was started before a change");
  await refusedFor("i1", given(map, max));
  await world.cgroups.remove({ uid, name: "i1" });
  assert.deepEqual(await refusedFor("i1"), later, "one of the same name, which is another");

  const next = await keep();
  assert.ok(next !== null && next !== map);
  await keepRange(next, { min, max }, []);
  assert.deepEqual(await refusedFor("i1"), [min, min + 7, max - 1], "once Berth is started again");
  // The kernel frees what nobody uses any more, with its map, on its own time.
  const untilMs = performance.now() + 10_000;
  const isThere = () =>
    keepRange(map, { min, max }, []).then(
      () => true,
      () => false,
    );
  while (await isThere()) assert.ok(performance.now() < untilMs, "the first map stays");
  await assert.rejects(refusedFor("i1", given(map, min + 7)), /port 61507: No such file/);
});

/** Prints those of its arguments that this program may never listen on: whether they are free is no matter. */
const listening = `
for my $port (@ARGV) {
  my @hosts = ("127.0.0.1", -e "/proc/net/if_inet6" ? "::1" : ());
  my @kinds = map { my $host = $_; map { [$host, $_] } "tcp", "udp" } @hosts;
  my @refused = grep {
    my ($host, $proto) = @$_;
    !IO::Socket::IP->new(LocalHost => $host, LocalPort => $port, Proto => $proto) && $!{EPERM};
  } @kinds;
  print "$port " if @refused == @kinds;
  die("$port: some") if @refused && @refused < @kinds;
}
`;

test("what is created or removed twice is there, or gone, all the same", async (t) => {
  await using world = await openWorld(t, []);
  if (!world) return;
  const { cgroups, cgroup } = world;
  await cgroups.remove(cgroup);
  cgroups.create(cgroup, small);
  cgroups.create(cgroup, small);
  assert.deepEqual(await namesOf(world), [cgroup.name]);
  await cgroups.removeApp(uid);
  await cgroups.removeApp(uid);
  assert.deepEqual(await namesOf(world), []);
});

test("two homes share nothing, not even for the same uid", async (t) => {
  await using one = await openWorld(t, []);
  await using two = await openWorld(t, []);
  if (!one || !two) return;
  one.cgroups.create(one.cgroup, small);
  assert.deepEqual(await namesOf(two), []);
  const files = joinFiles({ cgroups: two.places }, two.cgroup);
  assert.deepEqual(
    joinFiles({ cgroups: one.places }, one.cgroup).filter((file) => files.includes(file)),
    [],
  );
});

test("names that could lead elsewhere are refused", async (t) => {
  await using world = await openWorld(t, []);
  if (!world) return;
  for (const name of ["", ".", "..", "../x", "a/b", "a\nb", "A", "x".repeat(100)]) {
    assert.throws(() => world.cgroups.create({ uid, name }, small), /no name of a cgroup/);
  }
  assert.throws(() => world.cgroups.create({ uid: 0, name: "i1" }, small), /no uid/);
});

type World = AsyncDisposable & {
  readonly cgroups: Cgroups;
  readonly places: readonly CgroupPlace[];
  readonly cgroup: CgroupName;
};

/** Real cgroups of a home of its own; null, with the reason said, where there are none to be had. */
async function openWorld(t: TestContext, needed: readonly string[]): Promise<World | null> {
  if (process.getuid?.() !== 0) return skip(t, "only root may make cgroups");
  const home = await temporaryFolder();
  const places = await makeCgroups(`u${await claimUsers(home.path)}`, account);
  const cgroups = new Cgroups(places, async (_, pids) => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
  });
  const absent = needed.filter((name) => !(cgroups.controllers as string[]).includes(name));
  const cgroup = { uid, name: "i1" };
  const end = async () => {
    await removeCgroups(places);
    await releaseUsers(home.path);
    await home[Symbol.asyncDispose]();
  };
  if (absent.length > 0) {
    await end();
    return skip(t, `this machine gives no cgroup controller ${absent.join(", ")}`);
  }
  return { cgroups, places, cgroup, [Symbol.asyncDispose]: end };
}

async function namesOf({ cgroups }: World): Promise<string[]> {
  return [...((await cgroups.apps()).get(uid) ?? [])];
}

/** A file of its cgroup, from whichever hierarchy has it. */
async function readIn({ places, cgroup }: World, name: string): Promise<string> {
  const files = joinFiles({ cgroups: places }, cgroup).map((file) => join(dirname(file), name));
  const texts = await Promise.all(files.map(readIfThere));
  return texts.find((text) => text !== null) ?? "";
}

function skip(t: TestContext, reason: string): null {
  t.skip(reason);
  return null;
}

/** A program that joins the cgroup first, as an instance does. */
function joined({ places, cgroup }: World, argv: readonly string[]): [string, ...string[]] {
  const files = joinFiles({ cgroups: places }, cgroup);
  const joining = entryWords({ cgroups: files });
  const [program = "", ...args] = [...joining, ...argv];
  return [program, ...args];
}

async function runIn(world: World, argv: readonly string[]) {
  return ended(start(joined(world, argv), { stdio: "ignore" }));
}

const filling = `
my @held;
sub fill {
  for (my $count = 0; ; $count += 1) {
    my ($family, $type) = ($count % 2 ? AF_INET6 : AF_INET, $count % 3 ? SOCK_STREAM : SOCK_DGRAM);
    socket(my $one, $family, $type, 0) or return $count;
    push(@held, $one);
  }
}
`;

/** Those that `accept` gives take no port: neither they nor their end are counted. */
const manySockets = `
my @counts = fill();
splice(@held, 6);
push(@counts, fill());
@held = ();
socket(my $listener, AF_INET, SOCK_STREAM, 0) or die("$!");
bind($listener, sockaddr_in(0, INADDR_LOOPBACK)) && listen($listener, 5) or die("$!");
for (1 .. 3) {
  socket(my $one, AF_INET, SOCK_STREAM, 0) or die("$!");
  connect($one, getsockname($listener)) or die("$!");
  accept(my $other, $listener) or die("$!");
  push(@held, $one);
}
print(join(" ", @counts, fill()));
`;

const severalUsers = `
my (@counts, @from, @users);
for my $uid (1001 .. 1004) {
  push(@users, open($from[@from], "-|") // die("$!"));
  if ($users[-1] == 0) {
    setuid($uid) or die("$!");
    $| = 1;
    print(fill(), "\\n");
    sleep(60);
    exit;
  }
  push(@counts, 0 + readline($from[-1]));
}
kill("KILL", @users);
print(join(" ", @counts));
`;
