import { attachInPerl, linesOf, lookUp, type Line } from "./bpf.ts";
import { exec } from "./exec.ts";

/**
 * Has the kernel bound how many sockets of the internet the users in a folder of cgroups of version 2
 * and below it have at once: each may take a port, and a machine has only so many from which connections
 * begin. All together have fewer than `all`, and each at most a third of what is left of these, so that
 * one alone has a quarter of them, and some remain for whoever has few. Those that `accept` gives are
 * not counted, as they take none. False where the kernel takes no such program from us.
 */
export async function countSockets(folder: string, all: number): Promise<boolean> {
  const words = [closed, made(all)].map(linesOf);
  return (await exec(["perl", "-e", inPerl, folder, ...words])) === "yes";
}

/** Where the number of all is, which no user has. */
const ofAll = 16_384;

/**
 * Two maps: how many sockets a user has, by the lowest bits of the uid, and all have; and whose a
 * socket was as it was made, which a copy of it by `accept` is not given. The kernel wants the second
 * one's types described: an integer of 4 bytes, and one of 8.
 * @see bpf(2), BPF_MAP_TYPE_SK_STORAGE; the kernel's bpf/btf.rst
 */
const inPerl = `${attachInPerl}
sysopen(my $folder, shift, 0) or exit;
my $types = pack("L8", 1, 1 << 24, 4, 32, 1, 1 << 24, 8, 64);
my $described = pack("SCCL5", 0xeb9f, 1, 0, 24, 0, length($types), length($types), 3) . $types . "\\0n\\0";
my $btf = given(18, pack("PQLLL", $described, 0, length($described), 0, 0));
my %maps = (
  counts => given(0, pack("L5", 2, 4, 8, ${ofAll + 1}, 0)),
  owners => given(0, pack("L5x28LLL", 24, 4, 8, 0, 1, $btf, 1, 2)),
);
# Who is counted must be taken off again.
attach($folder, 9, 34, shift, %maps);
attach($folder, 9, 2, shift, %maps);
print "yes";
`;

/** As a socket is made: refused when there are too many, else counted, with a note of whose it is. */
const made = (all: number): readonly Line[] => [
  [0xbf, 0x16, 0, 0], // r6 = the socket
  [0x85, 0x00, 0, 15], // r0 = the uid that asks, below the gid
  [0x57, 0x00, 0, ofAll - 1],
  [0x63, 0x0a, -4, 0], // the key is whose it is
  [0x7b, 0x0a, -16, 0], // and so is the note
  ...lookUp("counts"),
  [0x15, 0x00, "it may", 0],
  [0xbf, 0x08, 0, 0], // r8 = where its own number is
  [0x62, 0x0a, -4, ofAll], // the key is that of all
  ...lookUp("counts"),
  [0x15, 0x00, "it may", 0],
  [0xbf, 0x09, 0, 0], // r9 = where that of all is
  [0x79, 0x81, 0, 0],
  [0x27, 0x01, 0, 3],
  [0x79, 0x92, 0, 0],
  [0x0f, 0x21, 0, 0], // r1 = three times its own, and that of all
  [0x35, 0x01, "it may not", all],
  [0x18, 0x11, 0, "owners"],
  [0x00, 0x00, 0, 0],
  [0xbf, 0x62, 0, 0],
  [0xbf, 0xa3, 0, 0],
  [0x07, 0x03, 0, -16],
  [0xb7, 0x04, 0, 1], // make one
  [0x85, 0x00, 0, 107], // r0 = the socket's note
  [0x15, 0x00, "it may", 0], // where none could be made it is not counted
  [0xb7, 0x01, 0, 1],
  [0xdb, 0x18, 0, 0], // one more of its own
  [0xdb, 0x19, 0, 0], // and of all
  "it may",
  [0xb7, 0x00, 0, 1],
  [0x95, 0x00, 0, 0],
  "it may not",
  [0xb7, 0x00, 0, 0],
  [0x95, 0x00, 0, 0],
];

/** Of whose number the key is on the stack. */
const oneLess: readonly Line[] = [
  ...lookUp("counts"),
  [0x15, 0x00, "end", 0],
  [0xb7, 0x01, 0, -1],
  [0xdb, 0x10, 0, 0],
];

/** As it is closed: one less, of whom it was made for, whoever closes it. */
const closed: readonly Line[] = [
  [0xbf, 0x12, 0, 0],
  [0x18, 0x11, 0, "owners"],
  [0x00, 0x00, 0, 0],
  [0xb7, 0x03, 0, 0],
  [0xb7, 0x04, 0, 0], // make none
  [0x85, 0x00, 0, 107], // r0 = the socket's note
  [0x15, 0x00, "end", 0], // it was never counted
  [0x79, 0x07, 0, 0],
  [0x63, 0x7a, -4, 0], // the key is whose it was
  ...oneLess,
  [0x62, 0x0a, -4, ofAll], // the key is that of all
  ...oneLess,
  "end",
  [0xb7, 0x00, 0, 1],
  [0x95, 0x00, 0, 0],
];
