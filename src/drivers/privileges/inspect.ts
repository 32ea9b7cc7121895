import { readIfThere } from "#lib/files.ts";
import type { InstanceFacts } from "#domain/privileges.ts";

const namespaces = ["user", "mnt", "pid", "ipc", "uts", "cgroup"];
const wanted = {
  status: /^(?:Uid|Cap\w+|NoNewPrivs|Seccomp):.*$/gm,
  limits: /^Max (?:open files|processes) .*$/gm,
  mountinfo: /^\S+ \S+ \S+ \S+ \S+ rw.*$/gm,
};

/** Runs a program as the user of what is looked at, as the kernel tells some things to nobody else. */
type AsUser = (argv: readonly string[]) => Promise<string>;

/** What the kernel says of processes, without those that are gone. @see proc(5) */
export async function lookAt(
  pids: readonly number[],
  asUser: AsUser,
): Promise<InstanceFacts["processes"]> {
  const links = await linksIn("ns", pids, asUser);
  const seen = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string) => readIfThere(`/proc/${pid}/${name}`).catch(() => null);
      const [status, limits, mountinfo] = await Promise.all(Object.keys(wanted).map(read));
      if (!status || !limits || !mountinfo) return null;
      const spaces = links.get(pid) ?? [];
      return {
        status: status.match(wanted.status) ?? [],
        limits: limits.match(wanted.limits) ?? [],
        mountinfo: mountinfo.match(wanted.mountinfo) ?? [],
        // One that cannot be told is told as such.
        namespaces: namespaces.map(
          (name) => spaces.find((it) => it.startsWith(`${name}:`)) ?? `${name}:`,
        ),
      };
    }),
  );
  return seen.filter((it) => it !== null);
}

/** Inodes of the sockets that processes hold. @see proc(5), /proc/PID/fd */
export async function socketsOf(pids: readonly number[], asUser: AsUser): Promise<number[]> {
  const links = await linksIn("fd", pids, asUser);
  return [...links.values()].flat().flatMap((link) => {
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}

/** Where the links in a folder of each process lead to. */
async function linksIn(
  folder: "ns" | "fd",
  pids: readonly number[],
  asUser: AsUser,
): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  if (pids.length === 0) return found;
  const folders = pids.map((pid) => `/proc/${pid}/${folder}`);
  const say = ["-maxdepth", "1", "-type", "l", "-printf", String.raw`%h %l\n`];
  for (const line of (await asUser(["find", ...folders, ...say])).split("\n")) {
    const [, pid, link] = /^\/proc\/(\d+)\/\w+ (.*)$/.exec(line) ?? [];
    if (pid === undefined || link === undefined) continue;
    found.set(Number(pid), [...(found.get(Number(pid)) ?? []), link]);
  }
  return found;
}
