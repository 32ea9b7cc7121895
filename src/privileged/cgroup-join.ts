/**
 * Words that start a program in its cgroups, and as the first to end when the whole machine is out of
 * memory; it does not start when it may not join one of them. perl writes its own id and becomes the
 * program, in one step: a tool that another one must start joins for nobody but itself. What follows
 * are arguments, in which nothing is replaced.
 * @see cgroups(7), proc(5)
 */
export function joinWords(files: readonly string[]): string[] {
  return ["perl", "-e", script, "--", String(files.length), ...files];
}

const script = `
sub note {
  open(my $file, ">", $_[0]) or die("$_[0]: $!\\n");
  print($file $_[1]) && close($file) or die("$_[0]: $!\\n");
}
note($_, $$) for splice(@ARGV, 0, shift);
note("/proc/self/oom_score_adj", 500);
exec({ $ARGV[0] } @ARGV);
die("$ARGV[0]: $!\\n");
`;
