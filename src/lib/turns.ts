/** The shortest that the kernel takes. */
const turnNs = 100_000;
const setAttributes: Readonly<Record<string, number>> = { x64: 314, arm64: 274 };

/**
 * Words that begin a program so that it, and all that it begins, has short turns on the processor:
 * whoever wakes up then need not wait for the end of a long one. From Linux 6.12 on; older kernels
 * make no difference. Nobody has more time for it. @see sched_setattr(2), sched(7)
 */
export function withShortTurns(...argv: [string, ...string[]]): [string, ...string[]] {
  const number = setAttributes[process.arch];
  return number === undefined ? argv : ["perl", "-e", script, "--", String(number), ...argv];
}

const script = `
my $attributes = pack("LLQlLQQQ", 48, 0, 0, getpriority(0, 0), 0, ${turnNs}, 0, 0);
syscall(shift() + 0, 0, $attributes, 0);
exec({ $ARGV[0] } @ARGV);
die("$ARGV[0]: $!\\n");
`;
