import { keepPortInPerl } from "#lib/bind-program.ts";
import { noCoreDumpsInPerl } from "#lib/core-dumps.ts";
import { scopeInPerl } from "#lib/landlock.ts";

/** What a program has open, and where it stands, when it begins behind its walls. */
export type Entry = {
  /** Files by which it joins its cgroups. */
  readonly cgroups: readonly string[];
  /** Files that it reads from these descriptors: 3, then 4, and so on. */
  readonly opened: readonly string[];
  /** Its errors go where its output goes. */
  readonly joinsErrors: boolean;
  /** The map of ports, its own port, and the folder of its cgroup; nothing without one of these. */
  readonly port: readonly string[];
};

/**
 * Words that start a program in its cgroups, as the first to end when the whole machine is out of
 * memory, without core dumps, and out of reach of abstract unix sockets that are not its own, where
 * the kernel can do it; it does not start when it may not join one of its cgroups. perl does all of
 * it and becomes the program, in one step: a tool that another one must start joins for nobody but
 * itself, and a row of tools costs a millisecond each. What follows are arguments, in which nothing
 * is replaced.
 * @see cgroups(7), proc(5), perlvar(1) for `$^F`, up to which descriptors are passed on; landlock(7),
 * whose rules on sockets alone leave bwrap free to mount
 */
export function entryWords({ joinsErrors, ...lists }: Partial<Entry>): string[] {
  const { cgroups = [], opened = [], port = [] } = lists;
  const counted = [cgroups, port, opened].flatMap((all) => [String(all.length), ...all]);
  return ["perl", "-e", script, "--", joinsErrors ? "1" : "0", ...counted];
}

const script = `${keepPortInPerl}
sub some { splice(@ARGV, 0, shift(@ARGV)) }
sub note {
  open(my $file, ">", $_[0]) or die("$_[0]: $!\\n");
  print($file $_[1]) && close($file) or die("$_[0]: $!\\n");
}
if (shift) { open(STDERR, ">&", STDOUT) or die("stderr: $!\\n") }
note($_, 0) for some();
if (my ($map, $port, $folder) = some()) {
  keepPort($map, $port, (stat($folder))[1]) or die("port $port: $!\\n");
}
note("/proc/self/oom_score_adj", 500);
${noCoreDumpsInPerl}
$^F = 99;
my $next = 3;
my @kept = map {
  open(my $file, "<", $_) or die("$_: $!\\n");
  fileno($file) == $next++ or die("$_: not at its descriptor\\n");
  $file
} some();
${scopeInPerl}
exec({ $ARGV[0] } @ARGV);
die("$ARGV[0]: $!\\n");
`;
