import { exec } from "./exec.ts";
import { syscallNumbers } from "./syscalls.ts";

/** Ports from the first on, up to the last and without it. */
export type PortRange = { readonly min: number; readonly max: number };

/**
 * A program for the kernel that lets a socket have any port but those of a range, of which it may
 * have its own, if it has one.
 * @see bpf(2), BPF_PROG_TYPE_CGROUP_SOCK_ADDR; the kernel's bpf/standardization/instruction-set.rst
 */
function bindProgram({ min, max }: PortRange, own: number | null): Buffer {
  return Buffer.concat([
    instruction(0x61, 0x12, { offset: 24 }), // r2 = the port that is asked for, as packets have it
    instruction(0xdc, 0x02, { operand: 16 }), // as this machine has it
    instruction(0xb7, 0x00, { operand: 1 }), // the answer: it may
    instruction(0x15, 0x02, { offset: 3, operand: own ?? 0 }), // 0 leaves the choice to the kernel
    instruction(0xa5, 0x02, { offset: 2, operand: min }),
    instruction(0x35, 0x02, { offset: 1, operand: max }),
    instruction(0xb7, 0x00), // it may not
    instruction(0x95, 0x00),
  ]);
}

/**
 * `narrow(WORDS)` in perl: gives a cgroup of version 2 such a program, which then decides for what is
 * in it until it is removed. Without a folder it tries whether the kernel takes the program.
 */
export const narrowInPerl = `
sub narrow {
  my ($bpf, $program, $folder) = (shift, pack("H*", shift), shift);
  for my $family (8, 9) {
    my $load = pack("LLPPx44L", 18, length($program) / 8, $program, "GPL", $family);
    my $number = syscall($bpf, 5, $load, length($load));
    return 0 if $number < 0;
    open(my $loaded, "<&=", $number) or return 0;
    next if !defined($folder);
    sysopen(my $cgroup, $folder, 0) or return 0;
    my $attach = pack("LLLL", fileno($cgroup), $number, $family, 0);
    return 0 if syscall($bpf, 8, $attach, length($attach)) < 0;
  }
  return 1;
}
`;

/** What `narrow` takes; nothing where the number of the system call is not known. */
export function narrowWords(range: PortRange, own: number | null, folder?: string): string[] {
  const number = syscallNumbers.bpf[["x64", "arm64"].indexOf(process.arch)];
  if (number === undefined) return [];
  const words = [String(number), bindProgram(range, own).toString("hex")];
  return folder === undefined ? words : [...words, folder];
}

/** Whether the kernel takes such a program from us, as it does from root outside of most containers. */
export async function canNarrowPorts(): Promise<boolean> {
  const words = narrowWords({ min: 1, max: 2 }, null);
  const perl = `${narrowInPerl} print narrow(@ARGV) ? "yes" : "no"`;
  return words.length > 0 && (await exec(["perl", "-e", perl, ...words])) === "yes";
}

function instruction(
  code: number,
  registers: number,
  { offset = 0, operand = 0 }: { readonly offset?: number; readonly operand?: number } = {},
): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8(registers, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(operand, 4);
  return bytes;
}
