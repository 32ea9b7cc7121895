# Has a program run in one of so many slots of a person, and says no when all are taken: each session
# over SSH is a program of its own, before Berth can ask anything. The kernel gives a slot back when the
# program ends, however it ends.
# Arguments: the folder of the slots, how many, then the program. Its last word says whose session it is;
# only what begins with `user-` is counted, as who administers the installation is not locked out.
use strict;
use warnings;

my ($folder, $most) = splice(@ARGV, 0, 2);
my ($taken, $tried) = (undef, 0);
if ($ARGV[-1] =~ /^(user-[\w-]+)$/) {
    # What is opened stays open in the program.
    $^F = 255;
    mkdir($folder, 0700);
    for my $at (1 .. $most) {
        open(my $slot, '>>', "$folder/$1.$at") or next;
        $tried += 1;
        if (flock($slot, 2 | 4)) { $taken = $slot; last }
    }
    if (!$taken && $tried > 0) {
        print STDERR "berth: You have $most sessions over SSH, as many as one may at once.\n  \xe2\x86\x92 End one of them, then try again.\n";
        exit(1);
    }
}
exec { $ARGV[0] } @ARGV;
