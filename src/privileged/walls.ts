import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Network } from "#domain/app.ts";
import type { Limits } from "#domain/limits.ts";
import type { Protections } from "#domain/privileges.ts";
import { canNarrowPorts, narrowWords, type PortRange } from "#lib/bind-program.ts";
import { ExecError } from "#lib/exec.ts";
import { canScopeSockets } from "#lib/landlock.ts";
import { entryWords, type Entry } from "./entry.ts";
import { openCgroups, type Cgroups } from "./cgroups.ts";
import { openFence, type Fence } from "./fence.ts";
import type { FenceSettings } from "./fence-rules.ts";
import { seccompProgram } from "#lib/seccomp.ts";

/** What the kernel does for us on this machine; null is what it does not, or what nobody asked for. */
export type Walls = {
  readonly cgroups: Cgroups | null;
  readonly fence: Fence | null;
  readonly protections: Protections;
  /** Ports that are given to instances, of which each has its own alone; null when all may have all. */
  instancePorts: PortRange | null;
  /** The highest number of open files that we may give away. */
  readonly openFilesMax: number;
};

/** Something that runs, and what it may use and reach. */
export type Confined = {
  readonly uid: number;
  /** `i7` of an instance, `c…` of a command. */
  readonly name: string;
  readonly limits: Limits;
  /** Null for what connects to nothing, as a logger does not. */
  readonly network: Network | null;
  /** Where the router may connect to it. */
  readonly port: number | null;
};

/** The walls of a home whose apps have users of their own, as far as this machine has what they need. */
export async function openWalls(
  options: Pick<FenceSettings, "uids" | "trustedUids">,
): Promise<Walls> {
  const key = `u${options.uids.first}`;
  const cgroups = await openCgroups(key);
  const { fence, fenceProblem } = await fenceOver(cgroups, { ...options, key });
  const [scopesSockets, canNarrow] = await Promise.all([canScopeSockets(), canNarrowPorts()]);
  const limited = [...cgroups.controllers];
  const narrowsPorts = canNarrow && cgroups.unified !== null;
  return wallsOf({ cgroups, fence }, { limited, fenceProblem, scopesSockets, narrowsPorts });
}

async function fenceOver({ unified }: Cgroups, settings: Omit<FenceSettings, "apps">) {
  if (unified === null)
    return { fence: null, fenceProblem: "no hierarchy of cgroups version 2 is mounted" };
  try {
    return { fence: await openFence({ ...settings, apps: unified }), fenceProblem: null };
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    return { fence: null, fenceProblem: error.stderrTail.trim() || error.message };
  }
}

/** The walls of an ordinary user, who may set none up: what every program may do to itself. */
export function ownWalls(): Walls {
  const fenceProblem = "only root can set it up";
  const none = { limited: [], fenceProblem, scopesSockets: false, narrowsPorts: false };
  return wallsOf({ cgroups: null, fence: null }, none);
}

function wallsOf(
  own: Pick<Walls, "cgroups" | "fence">,
  found: Omit<Protections, "hasFence" | "hasFilter">,
): Walls {
  const hasFilter = seccompProgram() !== null;
  const protections = { ...found, hasFence: own.fence !== null, hasFilter };
  return { ...own, protections, instancePorts: null, openFilesMax: openFilesMax() };
}

/** Puts up the walls before anything starts between them. Repeatable. */
export async function putUp({ cgroups, fence }: Walls, confined: Confined): Promise<void> {
  cgroups?.create(confined, confined.limits);
  if (confined.network !== null) await fence?.admit(confined.uid, confined.network);
}

/** Lets the router in: until then nobody reaches what stands between the walls. Repeatable. */
export async function openDoor({ fence }: Walls, { uid, port }: Confined): Promise<void> {
  if (port !== null) await fence?.openPort(uid, port);
}

/** Ends what still runs between the walls and takes them away; the app's own stay. Repeatable. */
export async function takeDown({ cgroups, fence }: Walls, confined: Confined): Promise<void> {
  const { uid, port } = confined;
  if (fence && port !== null) {
    // After a restart of the machine it is not there, and the fence takes only what is.
    await cgroups?.ensureApp(uid);
    await fence.closePort(uid, port);
  }
  await cgroups?.remove(confined);
}

/** Opens or closes an app's connections from now on. */
export async function admit(
  { cgroups, fence }: Walls,
  uid: number,
  network: Network,
): Promise<void> {
  await cgroups?.ensureApp(uid);
  await fence?.admit(uid, network);
}

/** Ends everything of an app and forgets it. */
export async function takeAllDown({ cgroups, fence }: Walls, uid: number): Promise<void> {
  await cgroups?.ensureApp(uid);
  await fence?.forget(uid);
  await cgroups?.removeApp(uid);
}

/** Ends what a killed predecessor left, and keeps what is named. */
export async function takeOthersDown({ cgroups }: Walls, keep: ReadonlySet<string>): Promise<void> {
  for (const [uid, names] of (await cgroups?.apps()) ?? [])
    for (const name of names) if (!keep.has(name)) await cgroups?.remove({ uid, name });
}

/** Leaves nothing of the walls on the machine; for a home in which nothing runs. */
export async function removeWalls({ cgroups, fence }: Walls): Promise<void> {
  await fence?.remove();
  await cgroups?.close();
}

/** Words by which a program goes behind its walls, while it still has the privilege. */
export function goBehind(
  { cgroups, instancePorts, openFilesMax: most }: Walls,
  { uid, name, limits, port }: Confined,
  entry: Partial<Omit<Entry, "cgroups" | "narrowing">> = {},
): string[] {
  const files = Math.min(limits.openFiles, most);
  const joined = cgroups?.joinFiles({ uid, name }) ?? [];
  // The first is that of version 2, without which there are no such ports.
  const narrowing = instancePorts ? narrowWords(instancePorts, port, dirname(joined[0] ?? "")) : [];
  return [
    ...entryWords({ ...entry, cgroups: joined, narrowing }),
    "prlimit",
    `--nofile=${files}:${files}`,
    "--core=0:0",
    "--",
  ];
}

/**
 * Words that limit the number of processes from inside of the sandbox, where no cgroup does: there
 * the kernel counts those of the sandbox alone. @see user_namespaces(7), RLIMIT_NPROC
 */
export function limitInside({ cgroups }: Walls, { pids }: Limits): string[] {
  const isCounted = cgroups?.controllers.includes("pids") ?? false;
  return isCounted ? [] : ["prlimit", `--nproc=${pids}:${pids}`, "--"];
}

function openFilesMax(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? 1024);
}
