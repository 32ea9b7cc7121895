import { exec } from "./exec.ts";

const prctl = process.arch === "arm64" ? 167 : 157;

/**
 * Lines of perl that keep what follows from the abstract unix sockets of others. They do nothing
 * where the kernel cannot do it, or this program may not ask. Whoever is not root
 * may ask once it can gain no privileges any more. @see landlock(7), prctl(2), PR_SET_NO_NEW_PRIVS
 */
export const scopeInPerl = `
syscall(${prctl}, 38, 1, 0, 0, 0);
my $rules = syscall(444, my $scopes = pack("QQQ", 0, 0, 1), 24, 0);
my $isScoped = $rules >= 0 && syscall(446, $rules, 0) == 0;
`;

/** Whether the kernel can do it: from Linux 6.12 on. */
export async function canScopeSockets(): Promise<boolean> {
  return (await exec(["perl", "-e", `${scopeInPerl} print $isScoped ? "yes" : "no"`])) === "yes";
}
