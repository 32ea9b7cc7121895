import assert from "node:assert/strict";
import { syscallNumbers } from "./syscalls.ts";

/**
 * A line of a program for the kernel: its code, two registers, offset, which may be the name of a later
 * line, and operand, which may be that of a map. A text alone names the line behind it.
 * @see the kernel's bpf/standardization/instruction-set.rst, bpf-helpers(7)
 */
export type Line = Instruction | string;
type Instruction = readonly [
  code: number,
  registers: number,
  offset: number | string,
  operand: number | string,
];

/** Ports from the first on, up to the last and without it. */
export type PortRange = { readonly min: number; readonly max: number };

/** `bpf(COMMAND, ATTRIBUTES)` in perl: less than 0 where it is refused, or not known. @see bpf(2) */
export const bpfInPerl = `
sub bpf {
  my ($command, $attributes) = @_;
  return syscall(${syscallNumbers.bpf[["x64", "arm64"].indexOf(process.arch)] ?? -1}, $command, $attributes, length($attributes));
}
`;

/**
 * `given(COMMAND, ATTRIBUTES)`, which ends perl in silence where there is nothing to get, and
 * `attach(FOLDER, TYPE, WHERE, LINES, MAPS)`: has the kernel run a program for all that is in a folder
 * of cgroups, instead of what was attached there before.
 */
export const attachInPerl = `${bpfInPerl}
sub given { my $given = bpf(@_); exit if $given < 0; $given }
sub attach {
  my ($folder, $type, $where, $lines, %maps) = @_;
  my @lines = map { pack("CCsl", map { $maps{$_} // $_ } split(/ /)) } split(/,/, $lines);
  my $load = pack("LLPPx44L", $type, @lines + 0, join("", @lines), "GPL", $where);
  given(8, pack("LLLL", fileno($folder), given(5, $load), $where, 0));
}
`;

/** As `attach` takes them. */
export function linesOf(program: readonly Line[]): string {
  const names = new Map<string, number>();
  const instructions = program.filter((line) => typeof line !== "string");
  let at = 0;
  for (const line of program) {
    if (typeof line === "string") names.set(line, at);
    else at += 1;
  }
  const words = instructions.map(([code, registers, offset, operand], index) => {
    const to = typeof offset === "string" ? names.get(offset) : index + 1 + offset;
    assert(to !== undefined, `the program has no line ${offset}`);
    return [code, registers, to - index - 1, operand].join(" ");
  });
  return words.join(",");
}

/** r0 = where a map has what belongs to the key that is on the stack; nowhere is 0 */
export function lookUp(map: string): Line[] {
  return [
    [0x18, 0x11, 0, map],
    [0x00, 0x00, 0, 0],
    [0xbf, 0xa2, 0, 0],
    [0x07, 0x02, 0, -4],
    [0x85, 0x00, 0, 1],
  ];
}
