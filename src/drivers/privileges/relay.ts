import type { Duplex } from "node:stream";
import { inputBytesMax, parseFailure, sessionFrames } from "#domain/runner.ts";
import { framesOf, type Frame } from "#lib/frames.ts";

const frameBytesMax = 1024 * 1024;

/**
 * Words that start a program of an app's user with a conversation in frames in place of its input and
 * outputs. berth-root hands the connection over and looks at it no more, so all of this is done
 * without privilege, and out of what the app may use. The relay begins with an empty frame: it
 * listens. Its last word is how the program ended, as s6 says it: `<code> <signal>`, the code 256 for
 * a signal. Once nobody is at the other end any more, it ends the program and itself, and not before:
 * what is said to it and not taken would cut the connection short.
 */
export function relayWords({
  takesInput,
}: {
  readonly takesInput: boolean;
}): [string, ...string[]] {
  return ["perl", "-e", script, "--", takesInput ? "1" : "0"];
}

/**
 * What is said on a connection that was asked for a command. berth-root speaks only as long as nothing
 * has begun. From then on it is an app's user, who could be anybody, and is not believed to be more.
 * @throws {PlatformError} what berth-root refused
 */
export async function* relayed(connection: Duplex): AsyncGenerator<Frame> {
  let hasBegun = false;
  for await (const frame of framesOf(connection, frameBytesMax)) {
    if (frame.type !== sessionFrames.failure) yield frame;
    else if (!hasBegun) throw parseFailure(frame.payload.toString());
    hasBegun = true;
    if (frame.type === sessionFrames.result) connection.end();
  }
}

/**
 * What a program prints goes through pipes, which it may open once more by their names in /dev; a
 * socket it may not. It waits while nobody reads, as whoever sends more than it reads does; that
 * those are gone is only noticed by speaking to them. perl is there in 3 ms, and Node in 40.
 * @see pipe(7): a pipe that select finds ready takes 4096 bytes at once
 */
const script = `
my $isOver = !shift();
my $pid = 0;
sub gone {
  if ($pid) { kill(KILL => -$pid) && waitpid($pid, 0) }
  exit(1);
}
sub frame {
  my $bytes = pack("CN", $_[0], length($_[1])) . $_[1];
  while (length($bytes)) {
    my $sent = syswrite(STDOUT, $bytes) // ($! == 4 ? 0 : gone());
    substr($bytes, 0, $sent) = "";
  }
}
pipe(my $input, my $feed) && pipe(my $output, my $out) && pipe(my $errors, my $err) or gone();
frame(${sessionFrames.output}, "");
$pid = fork() // gone();
setpgrp($pid, $pid);
if (!$pid) {
  open(STDIN, "<&", $input) && open(STDOUT, ">&", $out) && open(STDERR, ">&", $err) or exit(127);
  exec({ $ARGV[0] } @ARGV);
  print(STDERR "$ARGV[0]: $!\\n");
  exit(127);
}
close($_) for $input, $out, $err;
$SIG{PIPE} = "IGNORE";
$SIG{CHLD} = sub { };
my %open = (${sessionFrames.output} => $output, ${sessionFrames.errorOutput} => $errors);
my ($heard, $owed) = ("", "");
while (%open || waitpid($pid, 1) == 0) {
  close($feed) if $isOver && $owed eq "";
  my ($read, $write) = ("", "");
  vec($read, fileno($_), 1) = 1 for values(%open), $owed eq "" ? STDIN : ();
  vec($write, fileno($feed), 1) = 1 if $owed ne "";
  my $ready = select($read, $write, undef, !%open ? 0.01 : $owed ne "" ? 1 : undef);
  frame(${sessionFrames.output}, "") if $ready == 0 && $owed ne "";
  next if $ready <= 0;
  for my $type (sort(keys(%open))) {
    next if !vec($read, fileno($open{$type}), 1);
    if (sysread($open{$type}, my $bytes, 65536)) { frame($type, $bytes) }
    else { delete($open{$type}) }
  }
  if ($owed ne "" && vec($write, fileno($feed), 1)) {
    my $taken = syswrite($feed, $owed, 4096);
    $isOver = 1 if !$taken;
    substr($owed, 0, $taken || length($owed)) = "";
  }
  next if !vec($read, 0, 1);
  sysread(STDIN, $heard, 65536, length($heard)) or gone();
  while (length($heard) >= 5) {
    my ($type, $length) = unpack("CN", $heard);
    gone() if $length > ${inputBytesMax};
    last if length($heard) < 5 + $length;
    my $bytes = substr(substr($heard, 0, 5 + $length, ""), 5);
    $owed .= $bytes if $type == ${sessionFrames.input} && !$isOver;
    $isOver = 1 if $type == ${sessionFrames.endOfInput};
  }
}
frame(${sessionFrames.result}, $? & 127 ? "256 " . ($? & 127) : ($? >> 8) . " 0");
while (sysread(STDIN, $heard, 65536)) {}
`;
