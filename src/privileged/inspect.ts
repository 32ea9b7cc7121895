import { lstat, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { AppFacts, InstanceFacts } from "#domain/privileges.ts";
import { nullIfMissing, readIfThere } from "#lib/files.ts";
import { allKept, confinedOf, type Kept } from "./kept.ts";
import { insideOf } from "./processes.ts";
import type { Realm } from "./realm.ts";
import { statusOf } from "./s6.ts";

/** Looks at everything of an app that runs, as it is and not as it was asked for. Changes nothing. */
export async function inspectApp(realm: Realm, user: number): Promise<AppFacts> {
  const { uid } = realm.userOf(user);
  const own = (await allKept(realm.layout)).filter((it) => it.user === user);
  return {
    hasOwnUser: realm.hasUsers,
    uid,
    fence: (await realm.walls.fence?.look(uid)) ?? null,
    instances: await Promise.all(own.map((it) => inspectInstance(realm, it))),
  };
}

async function inspectInstance(realm: Realm, kept: Kept): Promise<InstanceFacts> {
  const service = realm.layout.service(kept.id);
  const status = await statusOf(service);
  const pids = status?.pid ? await insideOf(status.pid) : [];
  const environment = await lstat(join(service, "sandbox.3")).catch(nullIfMissing);
  const [confined] = confinedOf(realm, kept);
  return {
    id: kept.id,
    processes: (await Promise.all(pids.map(lookAt))).filter((it) => it !== null),
    cgroup: (await realm.walls.cgroups?.look(confined, pids)) ?? null,
    environment: environment && { uid: environment.uid, mode: environment.mode & 0o7777 },
  };
}

const namespaces = ["user", "mnt", "pid", "ipc", "uts", "cgroup"];
const asked = {
  status: /^(?:Uid|Cap\w+|NoNewPrivs|Seccomp):.*$/gm,
  limits: /^Max (?:open files|processes) .*$/gm,
  mountinfo: /^\S+ \S+ \S+ \S+ \S+ rw.*$/gm,
};

/** What the kernel says of a process; null for one that is gone. @see proc(5) */
async function lookAt(pid: number): Promise<InstanceFacts["processes"][number] | null> {
  const read = (name: string) => readIfThere(`/proc/${pid}/${name}`).catch(() => null);
  const [status, limits, mountinfo] = await Promise.all(Object.keys(asked).map(read));
  if (!status || !limits || !mountinfo) return null;
  // One that cannot be told is told as such.
  const spaceOf = (name: string) => readlink(`/proc/${pid}/ns/${name}`).catch(() => `${name}:`);
  return {
    status: status.match(asked.status) ?? [],
    limits: limits.match(asked.limits) ?? [],
    mountinfo: mountinfo.match(asked.mountinfo) ?? [],
    namespaces: await Promise.all(namespaces.map(spaceOf)),
  };
}
