import { attachInPerl, bpfInPerl, linesOf, lookUp, type Instruction } from "./bpf.ts";
import { exec } from "./exec.ts";

/** Ports from the first on, up to the last and without it. */
export type PortRange = { readonly min: number; readonly max: number };

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
 * Has the kernel run `program` for all that is in a folder of cgroups of version 2 and below it, until
 * it is removed, instead of what an earlier call had it run there. Gives the number of its map; null
 * where the kernel takes no such program from us, as it does from root outside of most containers.
 */
export async function keepPorts(folder: string): Promise<number | null> {
  const map = await exec(["perl", "-e", keepPortsInPerl, folder, linesOf(program)]);
  return map === "" ? null : Number(map);
}

/** At the end it opens the map by its number, as `keepPort` will. */
const keepPortsInPerl = `${attachInPerl}
sysopen(my $folder, shift, 0) or exit;
my $map = given(0, pack("L5", 2, 4, 8, 65536, 0));
attach($folder, 18, $_, $ARGV[0], map => $map) for 8, 9;
my $info = "\\0" x 8;
given(15, pack("LLP", $map, length($info), $info));
my $number = unpack("x4L", $info);
given(14, pack("LLL", $number, 0, 0));
print $number;
`;

/** The id of the cgroup above all others, in which no app is. */
const nobody = 1;

/**
 * Any port may be had but those that the map keeps for nobody and those of a range, and of these the
 * ones that the map gives to the very cgroup that asks. The map has the range at 0, the first port in
 * the lowest 16 bits, and at each port the id of the cgroup that has it: its folder's inode, which the
 * kernel gives to no other ever. So nothing needs to be taken out again.
 * @see bpf(2), BPF_PROG_TYPE_CGROUP_SOCK_ADDR
 */
const program: readonly Instruction[] = [
  [0x61, 0x16, 24, 0], // r6 = the port that is asked for, as packets have it
  [0xdc, 0x06, 0, 16], // as this machine has it
  [0x15, 0x06, 26, 0], // 0 leaves the choice to the kernel: it may
  [0x63, 0x6a, -4, 0], // the key is the port
  ...lookUp("map"),
  [0x15, 0x00, 17, 0], // it may not
  [0x79, 0x09, 0, 0], // r9 = the cgroup that has it
  [0x15, 0x09, 15, nobody], // it may not
  [0x62, 0x0a, -4, 0], // the key is 0
  ...lookUp("map"),
  [0x15, 0x00, 8, 0], // it may not
  [0x79, 0x07, 0, 0], // r7 = the range
  [0xbf, 0x78, 0, 0],
  [0x77, 0x08, 0, 16], // r8 = its end
  [0x57, 0x07, 0, 0xff_ff], // r7 = its first port
  [0xad, 0x76, 5, 0], // before it: it may
  [0x3d, 0x86, 4, 0], // behind it: it may
  [0x85, 0x00, 0, 80], // r0 = the cgroup that asks
  [0x1d, 0x90, 2, 0], // the same: it may
  [0xb7, 0x00, 0, 0], // it may not
  [0x95, 0x00, 0, 0],
  [0xb7, 0x00, 0, 1], // it may
  [0x95, 0x00, 0, 0],
];
