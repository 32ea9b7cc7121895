import type { Network } from "./app.ts";
import { limitNames, renderLimit, type LimitName, type Limits } from "./limits.ts";

/** What was seen of an app from outside, on the machine and not in any settings. */
export type AppSight = {
  /** Whether the app has a Linux user that nothing else has. */
  readonly hasOwnUser: boolean;
  readonly uid: number;
  /** The folder in which builds keep what they fetch; null while there is none. */
  readonly cache: Owned | null;
  /** Null where there is no fence. */
  readonly fence: FenceSight | null;
  readonly instances: readonly InstanceSight[];
};

export type Owned = { readonly uid: number; readonly mode: number };

export type FenceSight = {
  /** The rules that Berth gave the kernel stand as they were given. */
  readonly isWhole: boolean;
  readonly knowsApp: boolean;
  readonly isClosed: boolean;
};

/** What was seen of the processes of one instance that runs. */
export type InstanceSight = {
  readonly id: number;
  /** How many were looked at; none while it is between two starts. */
  readonly processes: number;
  /** Every uid that one of them has, real, effective, saved or for files. */
  readonly uids: readonly number[];
  readonly haveCapabilities: boolean;
  readonly mayGainPrivileges: boolean;
  readonly isFiltered: boolean;
  /** Namespaces that one of them shares with the machine. */
  readonly shared: readonly string[];
  /** Where one of them could write: mounts that are not read-only and not its own. */
  readonly writable: readonly string[];
  /** What the kernel holds them to; null is no limit. */
  readonly limits: Readonly<Record<Exclude<LimitName, "disk">, number | null>>;
  /** The file that holds its config vars. */
  readonly environment: Owned | null;
};

/** What an app should be held to, as it is recorded. */
export type Wanted = {
  readonly network: Network;
  /** By the instance's id. */
  readonly instances: ReadonlyMap<number, { readonly name: string; readonly limits: Limits }>;
  /** Secrets whose value stands somewhere in the database as it is. */
  readonly readableSecrets: readonly string[];
  readonly secretCount: number;
};

/** One protection of an app: `holds` is null where there is nothing to look at. */
export type ScoreLine = {
  readonly name: string;
  readonly what: string;
  readonly holds: boolean | null;
  readonly found: string;
};

export type ScoreCard = { readonly app: string; readonly lines: readonly ScoreLine[] };

/** Everything that should hold for an app, and whether what was seen bears it out. */
export function scoreLines(seen: AppSight, wanted: Wanted): ScoreLine[] {
  const each = (what: [string, string], found: string, problemOf: Problem) =>
    ofInstances(seen, wanted, { what, found, problemOf });
  return [
    each(["user", "Its processes have a Linux user of their own"], `uid ${seen.uid}`, (it) =>
      userProblem(seen, it),
    ),
    each(["sandbox", "They are in a sandbox that sees nothing of others"], "own namespaces", (it) =>
      it.shared.length === 0 ? null : `shares with the machine: ${it.shared.join(", ")}`,
    ),
    each(["release", "The release and the system are read-only"], "read-only", (it) =>
      it.writable.length === 0 ? null : `can write to ${it.writable.join(", ")}`,
    ),
    each(["capabilities", "They have no capabilities"], "none", (it) =>
      it.haveCapabilities ? "has capabilities" : null,
    ),
    each(["privileges", "They can gain no privileges"], "no new privileges", (it) =>
      it.mayGainPrivileges ? "could gain some" : null,
    ),
    each(["syscalls", "System calls that no app needs are refused"], "filtered", (it) =>
      it.isFiltered ? null : "no filter",
    ),
    ...(["memory", "cpu", "pids", "files"] as const).map((name) => limitLine(name, each, wanted)),
    fenceLine(seen),
    networkLine(seen, wanted),
    each(
      ["environment", "Only root and berthd's account could read its config vars"],
      "a file without rights for others",
      ({ environment }) => environmentProblem(environment, seen.uid),
    ),
    cacheLine(seen),
    secretsLine(wanted),
  ];
}

type Problem = (instance: InstanceSight) => string | null;
type Each = (what: [string, string], found: string, problemOf: Problem) => ScoreLine;

function ofInstances(
  { instances }: AppSight,
  wanted: Wanted,
  asked: { what: [string, string]; found: string; problemOf: Problem },
): ScoreLine {
  const [name, what] = asked.what;
  const running = instances.filter(({ processes }) => processes > 0);
  if (running.length === 0) return { name, what, holds: null, found: "nothing runs" };
  const problems = running.flatMap((it) => {
    const problem = asked.problemOf(it);
    return problem === null ? [] : `${wanted.instances.get(it.id)?.name ?? it.id}: ${problem}`;
  });
  if (problems.length === 0) return { name, what, holds: true, found: asked.found };
  return { name, what, holds: false, found: problems.join("; ") };
}

function userProblem({ hasOwnUser, uid }: AppSight, { uids }: InstanceSight): string | null {
  if (!hasOwnUser) return "the user that Berth and all apps have";
  const others = uids.filter((it) => it !== uid);
  return others.length === 0 ? null : `runs as ${others.join(", ")}`;
}

function limitLine(name: Exclude<LimitName, "disk">, each: Each, { instances }: Wanted): ScoreLine {
  const key = limitNames[name];
  const words = {
    memory: "Memory of each instance is",
    cpu: "Processor time of each instance is",
    pids: "Processes of each instance are",
    files: "Open files of each instance are",
  };
  const most = Math.max(0, ...[...instances.values()].map(({ limits }) => limits[key]));
  const found = `at most ${renderLimit(key, most)}`;
  return each([name, `${words[name]} limited`], found, ({ id, limits }) => {
    const allowed = instances.get(id)?.limits[key] ?? Infinity;
    const held = limits[name];
    if (held === null) return "no limit";
    // The kernel counts memory in pages and time in microseconds.
    return held <= allowed * 1.01
      ? null
      : `${renderLimit(key, held)} instead of ${renderLimit(key, allowed)}`;
  });
}

function fenceLine({ fence }: AppSight): ScoreLine {
  const line = { name: "fence", what: "It reaches its own ports on this machine, not others'" };
  if (fence === null) return { ...line, holds: false, found: "there is no fence" };
  if (!fence.isWhole) return { ...line, holds: false, found: "rules of the fence are missing" };
  // Whom the fence does not know reaches nothing at all, not even itself.
  return { ...line, holds: true, found: fence.knowsApp ? "fenced" : "reaches nothing" };
}

function networkLine({ fence }: AppSight, { network }: Wanted): ScoreLine {
  const what = "Its connections to the outside are as was chosen";
  const line = { name: "network", what };
  if (network === "open") {
    const isClosed = fence?.isClosed === true;
    return { ...line, holds: !isClosed, found: isClosed ? "closed instead of open" : "open" };
  }
  const isClosed = fence !== null && fence.isWhole && fence.isClosed;
  return { ...line, holds: isClosed, found: isClosed ? "closed" : "open instead of closed" };
}

function environmentProblem(environment: Owned | null, uid: number): string | null {
  if (environment === null) return "its file is not there";
  if ((environment.mode & 0o077) !== 0) return "others may read its file";
  return environment.uid === 0 || environment.uid === uid
    ? null
    : `its file belongs to uid ${environment.uid}`;
}

function cacheLine({ cache, uid, hasOwnUser }: AppSight): ScoreLine {
  const line = { name: "cache", what: "Its build cache is its own" };
  if (cache === null) return { ...line, holds: null, found: "nothing was built yet" };
  if (!hasOwnUser) return { ...line, holds: false, found: "the user of all apps owns it" };
  const isPrivate = cache.uid === uid && (cache.mode & 0o077) === 0;
  return { ...line, holds: isPrivate, found: isPrivate ? "private" : "others reach it" };
}

function secretsLine({ readableSecrets, secretCount }: Wanted): ScoreLine {
  const line = { name: "secrets", what: "Its secrets are encrypted where they are kept" };
  if (readableSecrets.length > 0) {
    const names = readableSecrets.join(", ");
    return { ...line, holds: false, found: `an older release shows ${names}: choose new values` };
  }
  return { ...line, holds: true, found: secretCount === 0 ? "it has none" : `${secretCount}` };
}
