import assert from "node:assert/strict";
import { test } from "node:test";
import { cgroupFolder, joinFiles } from "#domain/realm.ts";
import { entryWords, type Entry } from "#privileged/entry.ts";
import { openWorld, small, uid } from "../../test/cgroup-world.ts";
import { keepPorts, keepRange } from "./bind-program.ts";
import { exec } from "./exec.ts";

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
