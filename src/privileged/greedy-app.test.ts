import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { appCgroup, joinFiles, usersIn } from "#domain/realm.ts";
import { exec } from "#lib/exec.ts";
import { isRoot, realmOf } from "../../test/privileges.ts";

test("class 22, exhaustion: whatever an app does with ports, half of them are left to connections", async (t) => {
  if (!isRoot) return t.skip("only root may set up a fence");
  await using claimed = await realmOf();
  const { fence, fenceProblem, portsMap } = claimed.realm;
  if (!fence) return t.skip(fenceProblem ?? "");
  if (portsMap === null) return t.skip("the kernel takes no programs for cgroups here");
  const shop = usersIn(claimed.realm).first + 1;
  const own = [`marks { ${shop} : ${shop} }`, `own { ${shop} . "${appCgroup(fence, shop)}" }`];
  const orders = [...own, "open { 9001 }"].map((it) => `add element ${fence.table} ${it}`);
  // In a network of its own with 200 ports, so that nobody else misses them.
  const argv = ["unshare", "--net", "perl", "-MSocket", "-MPOSIX=setuid", "-e", greedyWithPorts];
  const joined = joinFiles(claimed.realm, { uid: shop, name: "i1" });
  for (const file of joined) await mkdir(dirname(file), { recursive: true });
  const [program = "", ...args] = [...argv, fence.file, orders.join("\n"), `${shop}`, ...joined];
  const said = await exec([program, ...args], { timeoutMs: 20_000 });
  assert.equal(said, "100 asked for, 0 given, 0 accepted\n100 connections");
});

/**
 * An app that takes ports by all means and leaves them taken for a minute, and then how often another
 * program can connect.
 */
const greedyWithPorts = `
my ($fence, $orders, $uid, @joined) = @ARGV;
sub note { open(my $file, ">", $_[0]) or die($!); print($file $_[1]); close($file) or die($!) }
note("/proc/sys/net/ipv4/ip_local_port_range", "40000 40199");
for (["ip", "link", "set", "lo", "up"], ["nft", "-f", $fence], ["nft", $orders]) { system(@$_) and die("@$_") }
sub tcp {
  socket(my $one, AF_INET, SOCK_STREAM, 0) or die($!);
  setsockopt($one, SOL_SOCKET, SO_REUSEADDR, 1) if $_[0];
  return $one;
}
sub here { sockaddr_in($_[0], INADDR_LOOPBACK) }
sub portOf { (sockaddr_in(getsockname($_[0])))[0] }
sub listening { my $one = tcp(1); bind($one, here($_[0])) && listen($one, 4096) or die($!); $one }
my @listeners = map { listening($_) } 9000, 9001;
my $app = fork();
if (!$app) {
  note($_, 0) for @joined;
  setuid($uid) or die($!);
  my ($asked, $given, $even) = (0, 0, 0);
  for my $port (40000 .. 40199) {
    my $one = tcp(0);
    $asked += 1 if bind($one, here($port)) && connect($one, here(9001));
  }
  for my $reuses (0, 1) {
    for (1 .. 200) {
      my $one = tcp($reuses);
      bind($one, here(0)) && connect($one, here(9001)) or next;
      $given += 1;
    }
  }
  for (1 .. 200) {
    my $one = tcp(0);
    listen($one, 1) or die($!);
    my $other = tcp(0);
    connect($other, here(portOf($one))) && accept(my $accepted, $one) or next;
    $even += 1 if portOf($one) % 2 == 0;
    close($accepted);
  }
  print("$asked asked for, $given given, $even accepted\n");
  exit;
}
waitpid($app, 0);
my @all;
while (1) { my $one = tcp(0); connect($one, here(9000)) or last; push(@all, $one) }
print(@all + 0, " connections");
`;
