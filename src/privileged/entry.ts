import { exec } from "#lib/exec.ts";

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
 * Words that start a program in its cgroups, as the first to end when the whole machine is out of
 * memory, and out of reach of abstract unix sockets that are not its own, where the kernel can do it;
 * it does not start when it may not join one of its cgroups. perl does all of it and becomes the
 * program, in one step: a tool that another one must start joins for nobody but itself, and a row of
 * tools costs a millisecond each. What follows are arguments, in which nothing is replaced.
 * @see cgroups(7), proc(5), perlvar(1) for `$^F`, up to which descriptors are passed on; landlock(7),
 * whose rules on sockets alone leave bwrap free to mount
 */
export function entryWords({ cgroups, opened, joinsErrors }: Entry): string[] {
  const counted = (files: readonly string[]) => [String(files.length), ...files];
  const errors = joinsErrors ? "1" : "0";
  return ["perl", "-e", script, "--", errors, ...counted(cgroups), ...counted(opened)];
}

/** Ends without a word where the kernel cannot do it, or this program may not ask. */
const scopeSockets = `
my $rules = syscall(444, my $scopes = pack("QQQ", 0, 0, 1), 24, 0);
my $isScoped = $rules >= 0 && syscall(446, $rules, 0) == 0;
`;

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
${scopeSockets}
exec({ $ARGV[0] } @ARGV);
die("$ARGV[0]: $!\\n");
`;

/** Whether a program can be kept from the abstract unix sockets of others: from Linux 6.12 on. */
export async function canScopeSockets(): Promise<boolean> {
  return (await exec(["perl", "-e", `${scopeSockets} print $isScoped ? "yes" : "no"`])) === "yes";
}
