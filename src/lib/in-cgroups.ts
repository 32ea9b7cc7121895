/**
 * Words that begin a program in other cgroups than those of whoever starts it, and with it all that it
 * begins. It begins where it may not join one, too, and says so.
 */
export function inCgroups(
  folders: readonly string[],
  ...argv: [string, ...string[]]
): [string, ...string[]] {
  if (folders.length === 0) return argv;
  return ["perl", "-e", script, "--", String(folders.length), ...folders, ...argv];
}

const script = `
for my $folder (splice(@ARGV, 0, shift(@ARGV))) {
  my $file;
  open($file, ">", "$folder/cgroup.procs") && print($file 0) && close($file) or warn("$folder: $!\\n");
}
exec({ $ARGV[0] } @ARGV);
die("$ARGV[0]: $!\\n");
`;
