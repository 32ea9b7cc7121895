import { attachInPerl, bpfInPerl, linesOf, lookUp, type Line, type PortRange } from "./bpf.ts";
import { exec } from "./exec.ts";

/** `keepPort(MAP, PORT, OWNER)` in perl, as root: whether it could be written down. */
export const keepPortInPerl = `${bpfInPerl}
sub keepPort {
  my ($map, $key, $value) = (shift, pack("L", shift), pack("Q", shift));
  my $number = bpf(14, pack("LLL", $map, 0, 0));
  return 0 if $number < 0;
  open(my $opened, "<&=", $number) or return 0;
  return bpf(2, pack("LLPPQ", $number, 0, $key, $value, 0)) == 0;
}
`;

/**
 * Says in the map of `keepPorts` which ports are kept from now on: those of a range for whom they are
 * given to, and `kept` for nobody at all.
 */
export async function keepRange(
  map: number,
  { min, max }: PortRange,
  kept: readonly number[],
): Promise<void> {
  const perl = `${keepPortInPerl}
my ($map, $range) = splice(@ARGV, 0, 2);
keepPort($map, 0, $range) or die("$!\\n");
keepPort($map, $_, ${nobody}) or die("$!\\n") for @ARGV`;
  const words = [map, min + max * 2 ** 16, ...kept].map(String);
  await exec(["perl", "-e", perl, ...words]);
}

/**
 * Has the kernel run `asked` and `had` for all that is in a folder of cgroups of version 2 and below it,
 * until it is removed, instead of what an earlier call had it run there. Gives the number of their map;
 * null where the kernel takes no such programs from us, as it does from root outside of most containers.
 * @param outgoing The ports from which connections begin.
 */
export async function keepPorts(folder: string, outgoing: PortRange): Promise<number | null> {
  const programs = [asked(outgoing), had(outgoing)].map(linesOf);
  const map = await exec(["perl", "-e", keepPortsInPerl, folder, ...programs]);
  return map === "" ? null : Number(map);
}

/** At the end it opens the map by its number, as `keepPort` will. */
const keepPortsInPerl = `${attachInPerl}
sysopen(my $folder, shift, 0) or exit;
my $map = given(0, pack("L5", 2, 4, 8, 65536, 0));
attach($folder, 18, $_, $ARGV[0], map => $map) for 8, 9;
attach($folder, 9, $_, $ARGV[1], map => $map) for 12, 13;
my $info = "\\0" x 8;
given(15, pack("LLP", $map, length($info), $info));
my $number = unpack("x4L", $info);
given(14, pack("LLL", $number, 0, 0));
print $number;
`;

/** The id of the cgroup above all others, in which no app is. */
const nobody = 1;

/**
 * As a port is asked for: any may be had but those that the map keeps for nobody, those that are left
 * to connections, and those of a range, and of these the ones that the map gives to the very cgroup
 * that asks. The map has the range at 0, the first port in the lowest 16 bits, and at each port the id
 * of the cgroup that has it: its folder's inode, which the kernel gives to no other ever. So nothing
 * needs to be taken out again.
 * @see bpf(2), BPF_PROG_TYPE_CGROUP_SOCK_ADDR
 */
const asked = (outgoing: PortRange): readonly Line[] => [
  [0x61, 0x12, 32, 0],
  [0x63, 0x2a, -8, 0], // the kind of socket
  [0x61, 0x16, 24, 0], // r6 = the port, as packets have it
  [0xdc, 0x06, 0, 16], // as this machine has it
  [0x15, 0x06, "it may", 0], // 0 leaves the choice to the kernel
  [0x63, 0x6a, -4, 0], // the key is the port
  ...lookUp("map"),
  [0x15, 0x00, "it may not", 0],
  [0x79, 0x09, 0, 0], // r9 = the cgroup that has it
  [0x15, 0x09, "it may not", nobody],
  ...unlessInRange,
  [0x85, 0x00, 0, 80], // r0 = the cgroup that asks
  [0x1d, 0x90, "it may", 0], // the same
  "it may not",
  [0xb7, 0x00, 0, 0],
  [0x95, 0x00, 0, 0],
  ...unlessOutgoing(outgoing),
];

/**
 * As a port is had: the same for one that the kernel has chosen. It chooses from the other half as
 * long as there are any.
 */
const had = (outgoing: PortRange): readonly Line[] => [
  [0x61, 0x12, 8, 0],
  [0x63, 0x2a, -8, 0], // the kind of socket
  [0x61, 0x16, 44, 0], // r6 = the port, as this machine has it
  ...unlessInRange,
  [0x05, 0x00, "it may", 0], // `asked` has allowed it
  ...unlessOutgoing(outgoing),
];

/** Goes on at "no instance's" unless the port in r6 is in the range that the map has. */
const unlessInRange: readonly Line[] = [
  [0x62, 0x0a, -4, 0], // the key is 0
  ...lookUp("map"),
  [0x15, 0x00, "no instance's", 0],
  [0x79, 0x07, 0, 0], // r7 = the range
  [0xbf, 0x78, 0, 0],
  [0x77, 0x08, 0, 16], // r8 = its end
  [0x57, 0x07, 0, 0xff_ff], // r7 = its first port
  [0xad, 0x76, "no instance's", 0], // before it
  [0x3d, 0x86, "no instance's", 0], // behind it
];

/**
 * The end: every second port from which connections begin is left to them, as the kernel begins none
 * at a port that a program had asked for, be it for a minute after. So no app, and not all together,
 * can keep others from connecting. These are the ports that the kernel itself prefers for connections.
 * Who asks for one is told that it is in use, as then programs try another. Before Linux 6.18 a port
 * can be spoilt without being had (docs/decisions/0015-loopback-fence.md).
 * @see the kernel's net/ipv4/inet_hashtables.c, __inet_hash_connect
 */
const unlessOutgoing = ({ min, max }: PortRange): readonly Line[] => [
  "no instance's",
  [0x61, 0xa1, -8, 0],
  [0x55, 0x01, "it may", 1], // no SOCK_STREAM
  [0xa5, 0x06, "it may", min],
  [0x35, 0x06, "it may", max],
  [0x57, 0x06, 0, 1],
  [0x55, 0x06, "it may", min % 2],
  [0xb7, 0x01, 0, -98], // EADDRINUSE
  [0x85, 0x00, 0, 187], // is what it will be told
  [0xb7, 0x00, 0, 0],
  [0x95, 0x00, 0, 0],
  "it may",
  [0xb7, 0x00, 0, 1],
  [0x95, 0x00, 0, 0],
];
