/** One mounted hierarchy of cgroups. */
export type Hierarchy = {
  readonly version: 1 | 2;
  /** Of version 1: the controllers that it has. Version 2 says so itself, in cgroup.controllers. */
  readonly controllers: readonly string[];
  readonly mountedAt: string;
  /** Where this program stands in it, from the place where it is mounted: `/` or `/a/b`. */
  readonly own: string;
};

/**
 * The hierarchies that are mounted, and where a process stands in each.
 * @param mounts Text of /proc/self/mountinfo. @param memberships Text of /proc/self/cgroup.
 * @see proc(5), cgroups(7)
 */
export function parseHierarchies(mounts: string, memberships: string): Hierarchy[] {
  const standing = new Map(
    memberships.split("\n").flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return controllers === undefined || path === undefined ? [] : [[controllers, path] as const];
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

/** In a container a part of the hierarchy is mounted, while paths may be told from its real top. */
function below(root: string, path: string): string {
  if (root === "/" || path === root) return path === root ? "/" : path;
  return path.startsWith(`${root}/`) ? path.slice(root.length) : "/";
}
