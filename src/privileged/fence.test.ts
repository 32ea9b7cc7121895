import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, test, type TestContext } from "node:test";
import { userRange } from "#domain/app-user.ts";
import { appCgroup, joinFiles, usersIn, type Realm } from "#domain/realm.ts";
import { ended, exec, start } from "#lib/exec.ts";
import { freePort, temporaryFolder } from "../../test/machine.ts";
import { isRoot, realmOf } from "../../test/privileges.ts";
import { entryWords } from "./entry.ts";
import { fenceOf } from "./fence.ts";

/** Of this run of the tests alone, as others may run beside it. */
const claimed = isRoot ? await realmOf() : null;
after(() => claimed?.[Symbol.asyncDispose]());
const uids = usersIn({ usersFrom: claimed?.realm.usersFrom ?? userRange.first });
const [shop, rival, stranger] = [uids.first + 1, uids.first + 2, uids.first + 3];
const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

test("an app reaches what it listens on itself, by every address of the machine", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  const port = await world.listen(shop, "::");
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", ownAddress ?? "127.0.0.1"]) {
    assert.equal(await world.asks(shop, port, address), "connected", address);
    assert.equal(await world.asks(rival, port, address), "refused", address);
    assert.equal(await world.asks(stranger, port, address), "refused", address);
  }
});

test("an instance's port is open to the router while the app that it was given to listens", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  const port = await world.listen(shop, "127.0.0.1");
  assert.equal(await connects(port), "refused");
  await world.fence.admit(shop, "open", port);
  assert.equal(await connects(port), "connected");
  assert.equal(await world.asks(uids.last + 1, port, "127.0.0.1"), "refused");
  await world.fence.closePort(shop, port);
  await world.fence.closePort(shop, port);
  assert.equal(await connects(port), "refused");
  const stolen = await world.listen(rival, "127.0.0.1");
  await world.fence.admit(shop, "open", stolen);
  assert.equal(await connects(stolen), "refused");
});

test("an app reaches nothing else on loopback but the ports that are open to all", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  await using own = await listenHere();
  assert.equal(await world.asks(shop, own.port, "127.0.0.1"), "refused");
  assert.equal(await world.asks(shop, world.openPort, "127.0.0.1"), "connected");
  assert.equal(await world.asks(stranger, world.openPort, "127.0.0.1"), "refused");
  await world.fence.admit(shop, "closed", null);
  assert.equal(await world.asks(shop, world.openPort, "127.0.0.1"), "refused");
  await world.fence.admit(shop, "open", null);
  assert.equal(await world.asks(shop, world.openPort, "127.0.0.1"), "connected");
});

test("an app that takes an open port over gets no visits of others", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  await world.fence.openToAll([]);
  assert.equal(await world.asks(shop, world.openPort, "127.0.0.1"), "refused");
  await world.fence.openToAll([world.openPort]);
  assert.equal(await world.asks(shop, world.openPort, "127.0.0.1"), "connected");
  await world.closeOpenPort();
  await world.listen(rival, "127.0.0.1", world.openPort);
  assert.equal(await world.asks(shop, world.openPort, "127.0.0.1"), "refused");
  assert.equal(await connects(world.openPort), "refused");
});

test("UDP is fenced as TCP is", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  await using receiver = await receiveHere();
  await world.sends(shop, receiver.port);
  await world.sends(0, receiver.port);
  assert.deepEqual(await receiver.first, "from 0");
  const own = `my $s = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1"); my $c = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1", PeerPort => $s->sockport); $c->send("x"); alarm 5; $s->recv(my $d, 1); print $d`;
  assert.equal(await world.runAs(shop, own), "x");
});

test("UDP reaches an open port, as that of names is, but not from an app with a closed network", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  await using receiver = await receiveHere();
  await world.fence.openToAll([receiver.port]);
  await world.fence.admit(shop, "closed", null);
  await world.sends(shop, receiver.port);
  await world.sends(rival, receiver.port);
  assert.equal(await receiver.first, `from ${rival}`);
});

test("a service is reached by the apps that are bound to it, and by no other", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  const port = await world.listen(rival, "127.0.0.1");
  const bound = `own { ${shop} . "${appCgroup(world.place, rival)}" }`;
  await exec(["nft", "add", "element", ...world.table, bound]);
  assert.equal(await world.asks(shop, port, "127.0.0.1"), "connected");
  await exec(["nft", "delete", "element", ...world.table, bound]);
  assert.equal(await world.asks(shop, port, "127.0.0.1"), "refused");
});

test("metadata addresses are refused at once, and with a closed network all others", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  const rules = await exec(["nft", "list", "table", ...world.table]);
  const hasWay = /^\S+\t00000000\t/m.test(await readFile("/proc/net/route", "utf8"));
  const refused = hasWay ? /^refused$/ : /^(?:refused|no way)$/;
  const aws = ["169.254.169.254", "169.254.1.1", "fd00:ec2::254"];
  const others = ["100.100.100.200", "192.0.0.192", "fd20:ce::254", "168.63.129.16"];
  for (const address of [...aws, ...others]) {
    const said = await world.asks(shop, 80, address);
    // A machine without a way there sends nothing, so that only the rules can tell.
    assert.match(said, address.includes(":") ? /^(?:refused|no way)$/ : refused, address);
    const rule = address.replace(/^169\.254\..*/, "169.254.0.0/16");
    if (said === "no way") assert.ok(rules.includes(rule), address);
  }
  assert.match(rules, /ip6 daddr \{[^}]*fe80::\/10[^}]*ff00::\/8/);
  const outside = "192.0.2.123";
  await world.fence.admit(shop, "closed", null);
  assert.match(await world.asks(shop, 80, outside), refused);
});

test("a connection that stands is cut when its app's network is closed, to the outside and to here", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  await using outside = await openOutside(t);
  if (!outside) return;
  await using here = await listenHere();
  await world.fence.openToAll([world.openPort, here.port]);
  await using folder = await temporaryFolder();
  const over = join(folder.path, "over");
  await chmod(folder.path, 0o711);
  const talking = (uid: number, address: string, port: number) =>
    world.runAs(
      uid,
      `$SIG{PIPE} = "IGNORE"; $| = 1;
      my $s = IO::Socket::IP->new(PeerHost => "${address}", PeerPort => ${port}, Timeout => 3) or die "no connection";
      $s->autoflush(1);
      for (my $more = 3; $more > 0; $more -= -e "${over}") {
        (print $s "x") or do { print "cut"; exit };
        select(undef, undef, undef, 0.05);
      }
      print "stands"`,
    );
  const [ofShop, ofRival] = [shop, rival].map((uid) =>
    Promise.all([
      talking(uid, outside.address, outside.port),
      talking(uid, "127.0.0.1", here.port),
    ]),
  );
  await Promise.all([outside.untilHeard(2), here.untilHeard(2)]);
  await world.fence.admit(shop, "closed", null);
  assert.deepEqual(await ofShop, ["cut", "cut"]);
  await writeFile(over, "");
  assert.deepEqual(await ofRival, ["stands", "stands"]);
});

test("a fence that somebody took down is put up again when it is looked at", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  const port = await world.listen(shop, "127.0.0.1");
  assert.equal((await world.fence.look())?.isNew, false);
  assert.equal(await world.asks(shop, port, "127.0.0.1"), "connected");
  await exec(["nft", "delete", "table", ...world.table]);
  assert.equal((await world.fence.look())?.isNew, true);
  assert.equal(await world.asks(shop, port, "127.0.0.1"), "refused");
  await world.fence.admit(shop, "open", null);
  assert.equal(await world.asks(shop, port, "127.0.0.1"), "connected");
  await world.fence.forget(shop);
  await world.fence.forget(shop);
  assert.equal(await world.asks(shop, port, "127.0.0.1"), "refused");
});

test("uids that are not of the range are refused", async (t) => {
  await using world = await openWorld(t);
  if (!world) return;
  const { fence } = world;
  for (const uid of [0, 1000, uids.last + 1, 1.5, Number.NaN]) {
    await assert.rejects(() => fence.admit(uid, "open", 8080), /no user of this home/);
    await assert.rejects(() => fence.closePort(uid, 8080), /no user of this home/);
    await assert.rejects(() => fence.forget(uid), /no user of this home/);
  }
});

type World = AsyncDisposable & {
  /** The words by which nft knows the table. */
  readonly table: readonly string[];
  /** Where apps' cgroups are, as nft names them. */
  readonly place: { readonly apps: string };
  readonly fence: ReturnType<typeof fenceOf>;
  /** A port of this program's own that the fence opens to every app. */
  readonly openPort: number;
  readonly closeOpenPort: () => Promise<void>;
  /** A listener of an app; resolves with its port once it listens. */
  readonly listen: (uid: number, address: string, port?: number) => Promise<number>;
  readonly asks: (uid: number, port: number, address: string) => Promise<string>;
  readonly sends: (uid: number, port: number) => Promise<unknown>;
  readonly runAs: (uid: number, perl: string) => Promise<string>;
};

async function openWorld(t: TestContext): Promise<World | null> {
  const skip = (reason: string) => (t.skip(reason), null);
  if (!claimed) return skip("only root may set up a fence");
  const { realm } = claimed;
  if (realm.fence === null) return skip(realm.fenceProblem ?? "");
  for (const uid of [shop, rival, stranger])
    for (const file of joinFiles(realm, { uid, name: "i1" }))
      await mkdir(dirname(file), { recursive: true });
  const open = await listenHere();
  const fence = fenceOf(realm);
  await fence.openToAll([open.port]);
  for (const uid of [shop, rival]) await fence.admit(uid, "open", null);
  const runAs = (uid: number, perl: string) =>
    exec(argvOf(realm, uid, perl), { timeoutMs: 10_000 });
  return {
    table: realm.fence.table.split(" "),
    place: realm.fence,
    fence,
    openPort: open.port,
    closeOpenPort: async () => open[Symbol.asyncDispose](),
    listen: (uid, address, port) => listenAs(realm, { uid, address, port: port ?? 0 }),
    runAs,
    asks: (uid, port, address) =>
      runAs(
        uid,
        `my $s = IO::Socket::IP->new(PeerHost => "${address}", PeerPort => ${port}, Timeout => 3); print $s ? "connected" : $!{ETIMEDOUT} ? "timed out" : $!{ENETUNREACH} ? "no way" : "refused"`,
      ),
    sends: (uid, port) => {
      const perl = `my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1", PeerPort => ${port}); $s->send("from ${uid}")`;
      return uid === 0 ? exec(["perl", "-MIO::Socket::INET", "-e", perl]) : runAs(uid, perl);
    },
    [Symbol.asyncDispose]: async () => {
      await open[Symbol.asyncDispose]();
      await claimed.renew();
    },
  };
}

/** A program of an app: in its cgroup, with its uid. */
function argvOf(realm: Realm, uid: number, perl: string): [string, ...string[]] {
  const isApp = uid >= uids.first && uid <= uids.last;
  const joining = isApp ? entryWords({ cgroups: joinFiles(realm, { uid, name: "i1" }) }) : [];
  const become = ["setpriv", "--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups"];
  const modules = ["-MIO::Socket::IP", "-MIO::Socket::INET", "-MErrno"];
  const [program, ...args] = [...joining, ...become, "perl", ...modules, "-e", perl];
  return [program, ...args];
}

type Listener = { readonly uid: number; readonly address: string; readonly port: number };

async function listenAs(realm: Realm, { uid, address, port }: Listener): Promise<number> {
  const perl = `$| = 1; my $s = IO::Socket::IP->new(LocalHost => "${address}", LocalPort => ${port}, Listen => 9, V6Only => 0) or die $@; print $s->sockport, "\\n"; while ($s->accept) {}`;
  const child = start(argvOf(realm, uid, perl), { stdio: ["ignore", "pipe", "inherit"] });
  const { promise, resolve } = Promise.withResolvers<number>();
  child.stdout?.once("data", (chunk: Buffer) => resolve(Number(chunk.toString())));
  void ended(child);
  return promise;
}

type Listening = {
  readonly port: number;
  /** Resolves when so many have connected. */
  readonly untilHeard: (count: number) => Promise<void>;
};
type Outside = AsyncDisposable & Listening & { readonly address: string };

/** A listener in another network, which a pair of interfaces leads to, as to another machine. */
async function openOutside(t: TestContext): Promise<Outside | null> {
  const [port, name] = [7, `bt${randomUUID().slice(0, 8)}`];
  // For benchmarks of networks: on no real one.
  const [here, address] = ["198.18.77.1", "198.18.77.2"];
  const perl = `$| = 1; print "there\n"; <STDIN>; my $l = IO::Socket::IP->new(LocalHost => "${address}", LocalPort => ${port}, Listen => 9) or die $@;
    print "ready\n"; my @all; while (my $s = $l->accept) { push(@all, $s); print "heard\n" }`;
  const argv = ["unshare", "--net", "perl", "-MIO::Socket::IP", "-e", perl] as const;
  const child = start(argv, { stdio: ["pipe", "pipe", "inherit"] });
  const close = async () => {
    child.kill("SIGKILL");
    await ended(child);
  };
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const untilSaid = async (word: string, count: number) => {
    const times = () => said.split(word).length - 1;
    for (let tries = 0; times() < count && tries < 400; tries += 1) await sleep(25);
    assert.ok(times() >= count, `${word}: ${said}`);
  };
  await untilSaid("there", 1);
  const inside = ["nsenter", "--target", String(child.pid), "--net", "ip"] as const;
  try {
    const peer = ["peer", "name", `${name}p`, "netns", String(child.pid)];
    await exec(["ip", "link", "add", name, "type", "veth", ...peer]);
  } catch (error) {
    await close();
    return (t.skip(`no pair of interfaces can be made: ${String(error)}`), null);
  }
  await exec(["ip", "address", "add", `${here}/30`, "dev", name]);
  await exec(["ip", "link", "set", name, "up"]);
  await exec([...inside, "address", "add", `${address}/30`, "dev", `${name}p`]);
  await exec([...inside, "link", "set", `${name}p`, "up"]);
  child.stdin?.write("\n");
  await untilSaid("ready", 1);
  // With its network goes its end of the pair, and with that ours.
  return {
    address,
    port,
    untilHeard: (count) => untilSaid("heard", count),
    [Symbol.asyncDispose]: close,
  };
}

/** Whether this program, which root started, can connect. */
function connects(port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ port, host: "127.0.0.1", timeout: 3000 });
  socket.once("connect", () => resolve("connected"));
  socket.once("timeout", () => resolve("timed out"));
  socket.once("error", () => resolve("refused"));
  return promise.finally(() => socket.destroy());
}

async function listenHere(): Promise<Listening & AsyncDisposable> {
  const port = await freePort();
  const heard: Socket[] = [];
  const server = createServer((socket) => void heard.push(socket.on("error", () => {}).resume()));
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    port,
    untilHeard: async (count) => {
      for (let tries = 0; heard.length < count && tries < 400; tries += 1) await sleep(25);
      assert.ok(heard.length >= count, `${heard.length} connections`);
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of heard) socket.destroy();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

async function receiveHere(): Promise<{ port: number; first: Promise<string> } & AsyncDisposable> {
  const socket = createSocket("udp4");
  const first = new Promise<string>((got) =>
    socket.once("message", (data) => got(data.toString())),
  );
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  return {
    port: socket.address().port,
    first,
    [Symbol.asyncDispose]: async () => void socket.close(),
  };
}
