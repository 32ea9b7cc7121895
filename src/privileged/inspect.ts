import { lstat, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { AppSight, InstanceSight, Owned } from "#domain/score-card.ts";
import { namesIn, nullIfMissing, readIfThere } from "#lib/files.ts";
import type { HeldLimits } from "./cgroup-files.ts";
import { confinedOf, keptOf, type Kept } from "./kept.ts";
import { instanceIdOf } from "./layout.ts";
import { insideOf } from "./processes.ts";
import type { Realm } from "./realm.ts";
import { statusOf } from "./status.ts";

const namespaces = ["user", "mnt", "pid", "ipc", "uts", "cgroup"] as const;
/** What is writable in every sandbox: memory, or the app's own scratch. */
const ownMounts = /^\/(?:tmp|home\/app|proc|dev)(?:\/|$)/;

/** Looks at everything of an app that runs, as it is and not as it was asked for. Changes nothing. */
export async function inspectApp(
  realm: Realm,
  { appId, user }: { appId: number; user: number },
): Promise<AppSight> {
  const { layout, hasUsers, walls } = realm;
  const { uid } = realm.userOf(user);
  const ids = (await namesIn(layout.services)).flatMap((name) => instanceIdOf(name) ?? []);
  const instances = await Promise.all(
    ids.map(async (id) => {
      const kept = await keptOf(layout, id);
      return kept?.user === user ? [await inspectInstance(realm, id, kept)] : [];
    }),
  );
  return {
    hasOwnUser: hasUsers,
    uid,
    cache: await ownerOf(layout.cache(appId)),
    fence: (await walls.fence?.look(uid)) ?? null,
    instances: instances.flat(),
  };
}

async function inspectInstance(realm: Realm, id: number, kept: Kept): Promise<InstanceSight> {
  const service = realm.layout.service(id);
  const status = await statusOf(service);
  const pids = status?.pid ? await insideOf(status.pid) : [];
  const seen = (await Promise.all(pids.map(lookAt))).filter((it) => it !== null);
  // The first is bwrap's own, which only waits for the others, as they come and go.
  const limited = seen.slice(1).map(({ limits }) => limits);
  const most = (name: "files" | "pids") => mostOf(limited.map((limits) => limits[name]));
  const held = await heldTo(realm, { ...kept, id }, pids);
  return {
    id,
    processes: seen.length,
    uids: [...new Set(seen.flatMap(({ uids }) => uids))],
    haveCapabilities: seen.some((it) => it.hasCapabilities),
    mayGainPrivileges: seen.some((it) => it.mayGainPrivileges),
    isFiltered: seen.every((it) => it.isFiltered),
    shared: [...new Set(seen.flatMap(({ shared }) => shared))],
    writable: [...new Set(seen.flatMap(({ writable }) => writable))],
    limits: { ...held, pids: held.pids ?? most("pids"), files: most("files") },
    environment: await ownerOf(join(service, "sandbox.3")),
  };
}

/** The limits of an instance's cgroup; none when one of its processes is outside of it. */
async function heldTo(
  realm: Realm,
  instance: Kept & { id: number },
  pids: readonly number[],
): Promise<HeldLimits> {
  const { cgroups } = realm.walls;
  const cgroup = confinedOf(realm, instance);
  const members = new Set(await cgroups?.members(cgroup));
  const held = pids.every((pid) => members.has(pid)) ? await cgroups?.limits(cgroup) : null;
  return held ?? { memory: null, cpu: null, pids: null };
}

/** One process, by what the kernel says of it; null for one that is gone. @see proc(5) */
async function lookAt(pid: number) {
  const read = (name: string) => readIfThere(`/proc/${pid}/${name}`).catch(() => null);
  const [status, mounts, limits] = await Promise.all(["status", "mountinfo", "limits"].map(read));
  if (!status || !mounts || !limits) return null;
  const field = (name: string) => new RegExp(`^${name}:\\t(.*)$`, "m").exec(status)?.[1] ?? "";
  const sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"].map(field);
  return {
    uids: field("Uid").split("\t").map(Number),
    hasCapabilities: sets.some((set) => !/^0+$/.test(set)),
    mayGainPrivileges: field("NoNewPrivs") !== "1",
    isFiltered: field("Seccomp") === "2",
    shared: await sharedWith(pid),
    writable: writableIn(mounts),
    limits: { files: limitIn(limits, "open files"), pids: limitIn(limits, "processes") },
  };
}

/** Namespaces of a process that are also this program's; one that cannot be told counts as shared. */
async function sharedWith(pid: number): Promise<string[]> {
  const spaceOf = (of: number | "self", name: string) =>
    readlink(`/proc/${of}/ns/${name}`).catch(() => null);
  const shared = namespaces.map(async (name) => {
    const [own, its] = await Promise.all([spaceOf("self", name), spaceOf(pid, name)]);
    return its === null || its === own ? [name] : [];
  });
  return (await Promise.all(shared)).flat();
}

/** Mounts that can be written to. @see proc(5), /proc/PID/mountinfo */
function writableIn(mounts: string): string[] {
  const lines = mounts.trim().split("\n");
  return lines.flatMap((line) => {
    const [, , , , at = "", options = ""] = line.split(" ");
    return options.split(",").includes("ro") || ownMounts.test(at) ? [] : [at];
  });
}

function limitIn(limits: string, name: string): number | null {
  const most = new RegExp(`^Max ${name} +(\\d+) `, "m").exec(limits)?.[1];
  return most === undefined ? null : Number(most);
}

/** The highest; null when one has no limit, or there is none to look at. */
function mostOf(limits: readonly (number | null)[]): number | null {
  return limits.reduce<number | null>(
    (most, it) => (it === null || most === null ? null : Math.max(most, it)),
    0,
  );
}

async function ownerOf(path: string): Promise<Owned | null> {
  const stats = await lstat(path).catch(nullIfMissing);
  return stats ? { uid: stats.uid, mode: stats.mode & 0o7777 } : null;
}
