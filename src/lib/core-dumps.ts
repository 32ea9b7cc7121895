import { syscallNumbers } from "./syscalls.ts";

const number = syscallNumbers.prlimit64[["x64", "arm64"].indexOf(process.arch)] ?? -1;

/**
 * A line of perl, by which what follows leaves no core dump. A limit of one byte is the only one by
 * which the kernel does not start the machine's own program for dumps either: that is root, outside
 * of every sandbox, and is given the memory of whoever crashed. @see core(5), the kernel's fs/coredump.c
 */
export const noCoreDumpsInPerl = `syscall(${number}, 0, 4, my $core = pack("QQ", 1, 1), 0);`;
