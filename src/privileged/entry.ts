/** What a program has open, and where it stands, when it begins behind its walls. */
export type Entry = {
  /** Files by which it joins its cgroups. */
  readonly cgroups: readonly string[];
  /** Files that it reads from these descriptors: 3, then 4, and so on. */
  readonly opened: readonly string[];
  /** Its errors go where its output goes. */
  readonly joinsErrors: boolean;
};

/**
 * Words that start a program in its cgroups, and as the first to end when the whole machine is out of
 * memory; it does not start when it may not join one of them. perl does all of it and becomes the
 * program, in one step: a tool that another one must start joins for nobody but itself, and a row of
 * tools costs a millisecond each. What follows are arguments, in which nothing is replaced.
 * @see cgroups(7), proc(5), perlvar(1) for `$^F`, up to which descriptors are passed on
 */
export function entryWords({ cgroups, opened, joinsErrors }: Entry): string[] {
  const counted = (files: readonly string[]) => [String(files.length), ...files];
  const errors = joinsErrors ? "1" : "0";
  return ["perl", "-e", script, "--", errors, ...counted(cgroups), ...counted(opened)];
}

const script = `
sub some { splice(@ARGV, 0, shift(@ARGV)) }
sub note {
  open(my $file, ">", $_[0]) or die("$_[0]: $!\\n");
  print($file $_[1]) && close($file) or die("$_[0]: $!\\n");
}
if (shift) { open(STDERR, ">&", STDOUT) or die("stderr: $!\\n") }
note($_, 0) for some();
note("/proc/self/oom_score_adj", 500);
$^F = 99;
my $next = 3;
my @kept = map {
  open(my $file, "<", $_) or die("$_: $!\\n");
  fileno($file) == $next++ or die("$_: not at its descriptor\\n");
  $file
} some();
exec({ $ARGV[0] } @ARGV);
die("$ARGV[0]: $!\\n");
`;
