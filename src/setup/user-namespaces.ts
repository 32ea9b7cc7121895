import { bareEnv, exec, ExecError } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";

/** Why no sandbox can be made here, and what to do about it. */
export type SandboxProblem = { readonly problem: string; readonly fix: string };

/** Settings of the kernel that forbid user namespaces to ordinary users, which sandboxes are made of. */
const settings = [
  {
    name: "user.max_user_namespaces",
    forbids: (value: string) => value === "0",
    allow: "sysctl -w user.max_user_namespaces=15000",
  },
  {
    name: "kernel.unprivileged_userns_clone",
    forbids: (value: string) => value === "0",
    allow: "sysctl -w kernel.unprivileged_userns_clone=1",
  },
  {
    name: "kernel.apparmor_restrict_unprivileged_userns",
    forbids: (value: string) => value === "1",
    allow: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
  },
] as const;

/**
 * Makes a sandbox as apps get it, as that user; null when it works.
 * @param ids An ordinary user; whoever asks when left out.
 */
export async function findSandboxProblem(
  ids: { readonly uid?: number; readonly gid?: number } = {},
): Promise<SandboxProblem | null> {
  const namespaces = ["--unshare-all", "--unshare-user"];
  const shown = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"];
  try {
    await exec(["bwrap", ...namespaces, ...shown, "/bin/true"], { env: bareEnv, cwd: "/", ...ids });
    return null;
  } catch (error) {
    const said = error instanceof ExecError ? error.stderrTail.trim() : String(error);
    return explainSandboxProblem(said, await readSettings());
  }
}

/** From what bwrap said, and the kernel's settings by name; one that the kernel lacks is left out. */
export function explainSandboxProblem(
  said: string,
  values: Readonly<Record<string, string>>,
): SandboxProblem {
  const found = settings.find(({ name, forbids }) => forbids(values[name]?.trim() ?? ""));
  if (!found)
    return { problem: said, fix: "Allow user namespaces on this machine, then try again" };
  const problem = `${found.name} forbids user namespaces to ordinary users (${said})`;
  const forGood = `echo '${found.allow.slice("sysctl -w ".length)}' > /etc/sysctl.d/60-berth.conf`;
  return { problem, fix: `${found.allow} (as root; for good: ${forGood})` };
}

async function readSettings(): Promise<Record<string, string>> {
  const read = settings.map(async ({ name }) => {
    const value = await readIfThere(`/proc/sys/${name.replaceAll(".", "/")}`).catch(() => null);
    return [name, value] as const;
  });
  const known = await Promise.all(read);
  return Object.fromEntries(
    known.flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}
