import { exec } from "./exec.ts";

/**
 * Lines of perl that keep what follows from the abstract unix sockets of others. They do nothing
 * where the kernel cannot do it, or this program may not ask. @see landlock(7)
 */
export const scopeInPerl = `
my $rules = syscall(444, my $scopes = pack("QQQ", 0, 0, 1), 24, 0);
my $isScoped = $rules >= 0 && syscall(446, $rules, 0) == 0;
`;

/** Whether the kernel can do it: from Linux 6.12 on. */
export async function canScopeSockets(): Promise<boolean> {
  return (await exec(["perl", "-e", `${scopeInPerl} print $isScoped ? "yes" : "no"`])) === "yes";
}
