import assert from "node:assert/strict";
import { test } from "node:test";
import { baseIn, parseHierarchies } from "./cgroups.ts";

test("hierarchies are read from the kernel's own lists, also inside of a container", () => {
  const mounts = [
    "25 30 0:23 / /proc rw - proc proc rw",
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
    "36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct",
    "41 31 0:38 /docker/ab /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate",
  ].join("\n");
  const memberships = "4:memory:/a/b\n2:cpu,cpuacct:/\n1:name=systemd:/x\n0::/docker/ab/sub\n";
  const [memory, cpu, unified] = parseHierarchies(mounts, memberships);
  assert.deepEqual(memory, {
    version: 1,
    controllers: ["memory"],
    mountedAt: "/sys/fs/cgroup/memory",
    own: "/a/b",
  });
  assert.deepEqual([cpu?.controllers, cpu?.own], [["cpu", "cpuacct"], "/"]);
  assert.deepEqual([unified?.version, unified?.own], [2, "/sub"]);
});

test("Berth stands at the top, or in the part that systemd gave to its unit", () => {
  const at = (own: string) =>
    baseIn({ version: 2, controllers: [], mountedAt: "/cg", own }, "home-1").base;
  assert.equal(at("/"), "/cg/berth/home-1");
  assert.equal(at("/user.slice/user-0.slice/session-3.scope"), "/cg/berth/home-1");
  assert.equal(at("/system.slice/berth.service"), "/cg/system.slice/berth.service");
  assert.equal(at("/system.slice/berth.service/platform"), "/cg/system.slice/berth.service");
});
