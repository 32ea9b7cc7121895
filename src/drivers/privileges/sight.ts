import { readlinkSync } from "node:fs";
import type { InstanceFacts } from "#domain/privileges.ts";
import type { InstanceSight } from "#domain/score-card.ts";
import { heldTo } from "./cgroup-files.ts";

/** What is writable in every sandbox: memory, or the app's own scratch. */
const ownMounts = /^\/(?:tmp|home\/app|proc|dev)(?:\/|$)/;

/** What an instance's processes are held to and could do, from what the kernel says of them. */
export function instanceSight({
  id,
  processes,
  cgroup,
  environment,
}: InstanceFacts): InstanceSight {
  const seen = processes.map(processSight);
  // The first is bwrap's own, which only waits for the others, as they come and go.
  const limited = seen.slice(1).map(({ limits }) => limits);
  const most = (name: "files" | "pids") => mostOf(limited.map((limits) => limits[name]));
  const held = heldTo(cgroup ?? {});
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
    environment,
  };
}

/** One process. @see proc(5) */
function processSight({
  status,
  limits,
  mountinfo,
  namespaces,
}: InstanceFacts["processes"][number]) {
  const field = (name: string) =>
    status.find((line) => line.startsWith(`${name}:\t`))?.slice(name.length + 2) ?? "";
  const sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"].map(field);
  return {
    uids: field("Uid").split("\t").map(Number),
    hasCapabilities: sets.some((set) => !/^0+$/.test(set)),
    mayGainPrivileges: field("NoNewPrivs") !== "1",
    isFiltered: field("Seccomp") === "2",
    shared: namespaces.flatMap(sharedWithUs),
    writable: mountinfo.flatMap(writableMount),
    limits: { files: limitIn(limits, "open files"), pids: limitIn(limits, "processes") },
  };
}

/** A namespace, as `user:[4026531837]`, that is also this program's; one that cannot be told counts as shared. */
function sharedWithUs(space: string): string[] {
  const [name = ""] = space.split(":");
  const isOwn = space === `${name}:` || space === readlinkSync(`/proc/self/ns/${name}`);
  return isOwn ? [name] : [];
}

/** A mount that can be written to. @see proc(5), /proc/PID/mountinfo */
function writableMount(line: string): string[] {
  const [, , , , at = "", options = ""] = line.split(" ");
  return options.split(",").includes("ro") || ownMounts.test(at) ? [] : [at];
}

function limitIn(limits: readonly string[], name: string): number | null {
  const most = new RegExp(`^Max ${name} +(\\d+) `, "m").exec(limits.join("\n"))?.[1];
  return most === undefined ? null : Number(most);
}

/** The highest; null when one has no limit, or there is none to look at. */
function mostOf(limits: readonly (number | null)[]): number | null {
  return limits.reduce<number | null>(
    (most, it) => (it === null || most === null ? null : Math.max(most, it)),
    0,
  );
}
