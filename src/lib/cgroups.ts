import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What is limited, and needs the kernel's help for it; and who runs on which processors. */
export const controllers = ["memory", "cpu", "pids", "cpuset"] as const;

/** One mounted hierarchy of cgroups. */
export type Hierarchy = {
  readonly version: 1 | 2;
  /** Of version 1: the controllers that it has. Version 2 says so itself, in cgroup.controllers. */
  readonly controllers: readonly string[];
  readonly mountedAt: string;
  /** Where this program stands in it, from the place where it is mounted: `/` or `/a/b`. */
  readonly own: string;
};

/** The hierarchies in which something is limited, or by which the fence knows apps. */
export async function readHierarchies(): Promise<Hierarchy[]> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const memberships = await readFile("/proc/self/cgroup", "utf8");
  return parseHierarchies(mounts, memberships).filter(
    (it) => it.version === 2 || controllers.some((name) => it.controllers.includes(name)),
  );
}

/**
 * Where Berth's own cgroups begin in a hierarchy, and from where on nobody else manages them.
 * systemd gives a unit with `Delegate=yes` its part of the tree; everywhere else they stand at the
 * top, as those of containers do.
 * @see systemd.resource-control(5), https://systemd.io/CGROUP_DELEGATION
 */
export function baseIn({ mountedAt, own }: Hierarchy, key: string): { base: string; ours: string } {
  const unit = /^(?:\/[^/]+)*?\/[^/]+\.service(?=\/|$)/.exec(own)?.[0];
  if (unit === undefined) return { base: join(mountedAt, "berth", key), ours: mountedAt };
  return { base: join(mountedAt, unit), ours: join(mountedAt, unit) };
}

/**
 * The hierarchies that are mounted, and where a process stands in each.
 * @param mounts Text of /proc/self/mountinfo. @param memberships Text of /proc/self/cgroup.
 * @see proc(5), cgroups(7)
 */
export function parseHierarchies(mounts: string, memberships: string): Hierarchy[] {
  const standing = new Map(
    memberships.split("\n").flatMap((line) => {
      const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return names === undefined || path === undefined ? [] : [[names, path] as const];
    }),
  );
  return mounts.split("\n").flatMap((line): Hierarchy[] => {
    const [, root, mountedAt, type, options] =
      /^\d+ \d+ \S+ (\S+) (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(line) ?? [];
    if (root === undefined || mountedAt === undefined || options === undefined) return [];
    if (type === "cgroup2") {
      return [
        { version: 2, controllers: [], mountedAt, own: below(root, standing.get("") ?? "/") },
      ];
    }
    const named = [...standing.keys()].find(
      (names) =>
        names !== "" && names.split(",").every((name) => options.split(",").includes(name)),
    );
    if (named === undefined) return [];
    const own = below(root, standing.get(named) ?? "/");
    return [{ version: 1, controllers: named.split(","), mountedAt, own }];
  });
}

/** The processes of a cgroup; none of one that is gone. */
export async function pidsIn(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map(Number);
}

/** In a container a part of the hierarchy is mounted, while paths may be told from its real top. */
function below(root: string, path: string): string {
  if (root === "/" || path === root) return path === root ? "/" : path;
  return path.startsWith(`${root}/`) ? path.slice(root.length) : "/";
}
