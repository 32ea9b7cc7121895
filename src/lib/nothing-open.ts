/**
 * Words that begin a program with its input and outputs alone: what whoever starts it has open
 * besides is not for it, nor for all that it begins in its turn.
 */
export function withNothingOpen(...argv: [string, ...string[]]): [string, ...string[]] {
  return ["perl", "-MPOSIX", "-e", script, "--", ...argv];
}

const script = `
opendir(my $folder, "/proc/self/fd") or die("/proc/self/fd: $!\\n");
POSIX::close($_) for grep { /^\\d+$/ && $_ > 2 } readdir($folder);
exec({ $ARGV[0] } @ARGV);
die("$ARGV[0]: $!\\n");
`;
