import assert from "node:assert/strict";
import { test } from "node:test";
import { joinFiles } from "#domain/realm.ts";
import { entryWords } from "#privileged/entry.ts";
import { openWorld, small } from "../../test/cgroup-world.ts";
import { exec } from "./exec.ts";
import { countSockets } from "./socket-count.ts";

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
