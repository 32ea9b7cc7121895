import { attachInPerl, linesOf, lookUp, type Instruction } from "./bpf.ts";
import { exec } from "./exec.ts";

/**
 * Has the kernel refuse more than `most` sockets of the internet at once to each user, in a folder of
 * cgroups of version 2 and below it: each may take a port, and a machine has only so many from which
 * connections begin. Those that `accept` gives are not counted, as they take none. False where the
 * kernel takes no such program from us.
 */
export async function countSockets(folder: string, most: number): Promise<boolean> {
  const words = [closed, made(most)].map(linesOf);
  return (await exec(["perl", "-e", inPerl, folder, ...words])) === "yes";
}

/**
 * Two maps: how many sockets a user has, by the lowest bits of the uid; and whose a socket was as it
 * was made, which a copy of it by `accept` is not given. The kernel wants the second one's types
 * described: an integer of 4 bytes, and one of 8.
 * @see bpf(2), BPF_MAP_TYPE_SK_STORAGE; the kernel's bpf/btf.rst
 */
const inPerl = `${attachInPerl}
sysopen(my $folder, shift, 0) or exit;
my $types = pack("L8", 1, 1 << 24, 4, 32, 1, 1 << 24, 8, 64);
my $described = pack("SCCL5", 0xeb9f, 1, 0, 24, 0, length($types), length($types), 3) . $types . "\\0n\\0";
my $btf = given(18, pack("PQLLL", $described, 0, length($described), 0, 0));
my %maps = (
  counts => given(0, pack("L5", 2, 4, 8, 16384, 0)),
  owners => given(0, pack("L5x28LLL", 24, 4, 8, 0, 1, $btf, 1, 2)),
);
# Who is counted must be taken off again.
attach($folder, 9, 34, shift, %maps);
attach($folder, 9, 2, shift, %maps);
print "yes";
`;

/** As a socket is made: refused from `most` on, else counted, with a note of whose it is. */
const made = (most: number): readonly Instruction[] => [
  [0xbf, 0x16, 0, 0], // r6 = the socket
  [0x85, 0x00, 0, 15], // r0 = the uid that asks, below the gid
  [0xbf, 0x07, 0, 0],
  [0x57, 0x07, 0, 0x3f_ff], // r7 = whose it is
  [0x63, 0x7a, -4, 0], // the key
  [0x7b, 0x7a, -16, 0], // the note
  ...lookUp("counts"),
  [0x15, 0x00, 13, 0], // it may
  [0xbf, 0x08, 0, 0],
  [0x79, 0x81, 0, 0], // r1 = how many there are
  [0x35, 0x01, 12, most], // it may not
  [0x18, 0x11, 0, "owners"],
  [0x00, 0x00, 0, 0],
  [0xbf, 0x62, 0, 0],
  [0xbf, 0xa3, 0, 0],
  [0x07, 0x03, 0, -16],
  [0xb7, 0x04, 0, 1], // make one
  [0x85, 0x00, 0, 107], // r0 = the socket's note
  [0x15, 0x00, 2, 0], // where none could be made it is not counted
  [0xb7, 0x01, 0, 1],
  [0xdb, 0x18, 0, 0], // one more
  [0xb7, 0x00, 0, 1], // it may
  [0x95, 0x00, 0, 0],
  [0xb7, 0x00, 0, 0], // it may not
  [0x95, 0x00, 0, 0],
];

/** As it is closed: one less, of whom it was made for, whoever closes it. */
const closed: readonly Instruction[] = [
  [0xbf, 0x12, 0, 0],
  [0x18, 0x11, 0, "owners"],
  [0x00, 0x00, 0, 0],
  [0xb7, 0x03, 0, 0],
  [0xb7, 0x04, 0, 0], // make none
  [0x85, 0x00, 0, 107], // r0 = the socket's note
  [0x15, 0x00, 10, 0], // it was never counted
  [0x79, 0x07, 0, 0],
  [0x63, 0x7a, -4, 0], // the key
  ...lookUp("counts"),
  [0x15, 0x00, 2, 0],
  [0xb7, 0x01, 0, -1],
  [0xdb, 0x10, 0, 0], // one less
  [0xb7, 0x00, 0, 1],
  [0x95, 0x00, 0, 0],
];
